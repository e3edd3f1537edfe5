/*
 * als_row.c
 *		The solve of one row, by the dual or by the primal system, and the reasons
 *		for one of its scores.
 */
#include <math.h>
#include <string.h>

#include "als_internal.h"
#include "recal_blas.h"

const char *const recal_singular_message =
	"the system of a row has no finite solution (try a larger regularization)";

int64_t
recal_row_work_size(int d)
{
	int64_t		rows = d > RECAL_PANEL_ROWS ? d : RECAL_PANEL_ROWS;

	/* panel, system, right-hand side, targets, starting point */
	return rows * d + (int64_t) d * d + 3 * d + 2 * rows;
}

/* z[n×d] and r[n] of observations first .. first+n-1; start[d] is reg·s·prior or NULL */
static void
gather_panel(const RecalRow *row, int64_t first, int n, const float *start, float *z, float *r)
{
	const int	d = row->d;

	for (int j = 0; j < n; j++)
	{
		float		c = row->confidences[first + j];
		float		weight = row->ratings ? 1.0f : sqrtf(fabsf(c));
		float	   *out = z + (size_t) j * d;
		const float *y;

		if (row->columns != NULL)
		{
			y = row->fixed + (size_t) row->columns[first + j] * d;
			if (j + 4 < n)
				for (int f = 0; f < d; f += 16)
					__builtin_prefetch(row->fixed + (size_t) row->columns[first + j + 4] * d + f);
		}
		else
			y = row->gathered + (size_t) (first + j) * d;
		for (int f = 0; f < d; f++)
			out[f] = y[f] * row->scale[f] * weight;
		r[j] = row->ratings ? c : c > 0 ? weight : 0.0f;
		if (start != NULL)
			r[j] -= recal_dot(d, out, start);
	}
}

/* x ← s·(start + u), kept only when finite */
static const char *
store(RecalRow *row, const float *start, float *u)
{
	const int	d = row->d;
	float		check = 0;

	for (int f = 0; f < d; f++)
	{
		u[f] = row->scale[f] * (u[f] + (start != NULL ? start[f] : 0.0f));
		check += u[f] * 0.0f;
	}
	if (!(check == 0.0f && isfinite(row->loss)))
		return recal_singular_message;
	memcpy(row->x, u, sizeof(float) * (size_t) d);
	return NULL;
}

static const char *
solve_dual(RecalRow *row, const float *start, float *u, float *work)
{
	const int	d = row->d;
	const int	n = (int) row->n;
	float	   *z = work;
	float	   *r = z + (size_t) n * d;
	float	   *alpha = r + n;
	float	   *system = alpha + n;

	gather_panel(row, 0, n, start, z, r);
	memset(u, 0, sizeof(float) * (size_t) d);
	if (n > 0)
	{
		recal_syrk_nt(n, d, 1.0f, z, d, 0.0f, system, n);
		for (int j = 0; j < n; j++)
			system[(size_t) j * n + j] += 1.0f;
		if (recal_potrf(n, system, n) != 0)
			return recal_singular_message;
		memcpy(alpha, r, sizeof(float) * (size_t) n);
		recal_potrs(n, system, n, alpha);
		for (int j = 0; j < n; j++)
			row->loss += (double) r[j] * alpha[j];
		recal_gemv_t(n, d, z, d, alpha, u);
	}
	return store(row, start, u);
}

static const char *
solve_primal(RecalRow *row, const float *start, float *u, float *work, RecalPoll poll, void *arg)
{
	const int	d = row->d;
	float	   *z = work;
	float	   *r = z + (size_t) RECAL_PANEL_ROWS * d;
	float	   *right = r + RECAL_PANEL_ROWS;
	float	   *system = right + d;
	double		explained = 0;

	memset(right, 0, sizeof(float) * (size_t) d);
	memset(system, 0, sizeof(float) * (size_t) d * d);
	for (int f = 0; f < d; f++)
		system[(size_t) f * d + f] = 1.0f;
	for (int64_t first = 0; first < row->n; first += RECAL_PANEL_ROWS)
	{
		int64_t		left = row->n - first;
		int			n = left < RECAL_PANEL_ROWS ? (int) left : RECAL_PANEL_ROWS;

		if (poll != NULL && first > 0)
			poll(arg);
		gather_panel(row, first, n, start, z, r);
		recal_syrk_tn(d, n, 1.0f, z, d, 1.0f, system, d);
		recal_gemv_t(n, d, z, d, r, right);
		for (int j = 0; j < n; j++)
			row->loss += (double) r[j] * r[j];
	}
	if (recal_potrf(d, system, d) != 0)
		return recal_singular_message;
	memcpy(u, right, sizeof(float) * (size_t) d);
	recal_potrs(d, system, d, u);
	for (int f = 0; f < d; f++)
		explained += (double) right[f] * u[f];
	row->loss -= explained;
	return store(row, start, u);
}

const char *
recal_row_solve(RecalRow *row, bool dual, float *work, RecalPoll poll, void *arg)
{
	const int	d = row->d;
	float	   *u = work;
	float	   *start = NULL;

	work += d;
	if (row->prior != NULL)
	{
		start = work;
		work += d;
		for (int f = 0; f < d; f++)
			start[f] = row->reg * row->scale[f] * row->prior[f];
	}
	row->loss = 0;
	if (dual)
		return solve_dual(row, start, u, work);
	return solve_primal(row, start, u, work, poll, arg);
}

/*
 * With v = s·y the reasons are r ∘ (I + ZZᵀ)⁻¹Zv: no difference of large
 * numbers, as A⁻¹y would be in this form.
 */
static const char *
reasons_dual(const RecalRow *row, const float *v, float *reasons, float *work)
{
	const int	d = row->d;
	const int	n = (int) row->n;
	float	   *z = work;
	float	   *r = z + (size_t) n * d;
	float	   *system = r + n;

	gather_panel(row, 0, n, NULL, z, r);
	recal_syrk_nt(n, d, 1.0f, z, d, 0.0f, system, n);
	for (int j = 0; j < n; j++)
		system[(size_t) j * n + j] += 1.0f;
	if (recal_potrf(n, system, n) != 0)
		return recal_singular_message;
	recal_gemv(n, d, z, d, v, reasons);
	recal_potrs(n, system, n, reasons);
	for (int j = 0; j < n; j++)
		reasons[j] *= r[j];
	return NULL;
}

/* The same as r ∘ Z(I + ZᵀZ)⁻¹v; v becomes (I + ZᵀZ)⁻¹v. */
static const char *
reasons_primal(const RecalRow *row, float *v, float *reasons, float *work, RecalPoll poll,
			   void *arg)
{
	const int	d = row->d;
	float	   *z = work;
	float	   *r = z + (size_t) RECAL_PANEL_ROWS * d;
	float	   *system = r + RECAL_PANEL_ROWS;

	memset(system, 0, sizeof(float) * (size_t) d * d);
	for (int f = 0; f < d; f++)
		system[(size_t) f * d + f] = 1.0f;
	for (int pass = 0; pass < 2; pass++)
	{
		for (int64_t first = 0; first < row->n; first += RECAL_PANEL_ROWS)
		{
			int64_t		left = row->n - first;
			int			n = left < RECAL_PANEL_ROWS ? (int) left : RECAL_PANEL_ROWS;

			if (poll != NULL && first > 0)
				poll(arg);
			gather_panel(row, first, n, NULL, z, r);
			if (pass == 0)
			{
				recal_syrk_tn(d, n, 1.0f, z, d, 1.0f, system, d);
				continue;
			}
			recal_gemv(n, d, z, d, v, reasons + first);
			for (int j = 0; j < n; j++)
				reasons[first + j] *= r[j];
		}
		if (pass == 0)
		{
			if (recal_potrf(d, system, d) != 0)
				return recal_singular_message;
			recal_potrs(d, system, d, v);
		}
	}
	return NULL;
}

const char *
recal_row_reasons(const RecalRow *row, bool dual, const float *y, float *reasons, float *work,
				  RecalPoll poll, void *arg)
{
	float	   *v = work;
	float		check = 0;
	const char *message;

	if (row->n == 0)
		return NULL;
	work += row->d;
	for (int f = 0; f < row->d; f++)
		v[f] = y[f] * row->scale[f];
	message = dual ? reasons_dual(row, v, reasons, work) :
		reasons_primal(row, v, reasons, work, poll, arg);
	if (message != NULL)
		return message;
	for (int64_t j = 0; j < row->n; j++)
	{
		check += reasons[j] * 0.0f;
		reasons[j] += 0.0f;		/* no negative zeros */
	}
	return check == 0.0f ? NULL : recal_singular_message;
}
