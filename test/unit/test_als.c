/*
 * test_als.c
 *		The ALS solver against plain loops in double precision.
 */
#include "unit.h"

#include "../../src/learn/als_internal.h"
#include "recal_blas.h"

/* A row's problem with a diagonal Gramian, and its solution by elimination */
typedef struct Problem
{
	int			d;
	int			n;
	float		a0;
	float		reg;
	float	   *rows;			/* [n × d] */
	float	   *confidences;
	float	   *eigenvalues;
	float	   *prior;			/* or NULL */
	double	   *x;
	double		loss;
} Problem;

static void
solve_plainly(Problem *p)
{
	const int	d = p->d;
	double	   *a = unit_doubles((int64_t) d * d);

	p->x = unit_doubles(d);
	memset(a, 0, sizeof(double) * (size_t) d * d);
	for (int f = 0; f < d; f++)
	{
		a[(size_t) f * d + f] = (double) p->a0 * p->eigenvalues[f] + p->reg;
		p->x[f] = p->prior != NULL ? (double) p->reg * p->prior[f] : 0;
	}
	for (int j = 0; j < p->n; j++)
	{
		const float *y = p->rows + (size_t) j * d;
		double		c = fabsf(p->confidences[j]);

		for (int f = 0; f < d; f++)
		{
			for (int g = 0; g < d; g++)
				a[(size_t) f * d + g] += c * y[f] * y[g];
			if (p->confidences[j] > 0)
				p->x[f] += c * y[f];
		}
	}
	unit_solve(d, a, p->x);

	p->loss = 0;
	for (int j = 0; j < p->n; j++)
	{
		double		residual = p->confidences[j] > 0;

		for (int f = 0; f < d; f++)
			residual -= p->x[f] * p->rows[(size_t) j * d + f];
		p->loss += fabsf(p->confidences[j]) * residual * residual;
	}
	for (int f = 0; f < d; f++)
	{
		double		off = p->x[f] - (p->prior != NULL ? p->prior[f] : 0);

		p->loss += (double) p->a0 * p->eigenvalues[f] * p->x[f] * p->x[f] + p->reg * off * off;
	}
	free(a);
}

static Problem
make_problem(int d, int n, bool with_prior)
{
	Problem		p = {d, n, 0.1f, 0.7f, NULL, NULL, NULL, NULL, NULL, 0};

	p.rows = unit_normals((int64_t) n * d + 1, 1 / sqrt(d), 10);
	p.confidences = unit_floats(n + 1);
	p.eigenvalues = unit_floats(d);
	for (int j = 0; j < n; j++)
		p.confidences[j] = (float) (0.2 + 2 * recal_rng_uniform(5, 6, (uint64_t) j)) *
			(j % 5 == 3 ? -1.0f : 1.0f);
	for (int f = 0; f < d; f++)
		p.eigenvalues[f] = 1000.0f / (float) ((f + 1) * (f + 1));
	if (with_prior)
		p.prior = unit_normals(d, 0.5, 11);
	solve_plainly(&p);
	return p;
}

static void
free_problem(Problem *p)
{
	free(p->rows);
	free(p->confidences);
	free(p->eigenvalues);
	free(p->prior);
	free(p->x);
}

static void
assert_solution(const float *x, const Problem *p, double tolerance)
{
	double		norm = 0;
	double		error = 0;

	for (int f = 0; f < p->d; f++)
	{
		norm += p->x[f] * p->x[f];
		error += (x[f] - p->x[f]) * (x[f] - p->x[f]);
	}
	if (!(sqrt(error) <= tolerance * sqrt(norm) + 1e-12))
		fail_msg("d=%d n=%d: relative error %g", p->d, p->n, sqrt(error / norm));
}

static const int sizes[][2] = {
	{1, 0}, {1, 1}, {1, 5}, {2, 1}, {3, 7}, {8, 0}, {8, 1}, {8, 8}, {16, 3}, {16, 130},
	{31, 30}, {31, 33}, {64, 0}, {64, 1}, {64, 17}, {64, 63}, {64, 64}, {64, 129}, {64, 300},
	{100, 40}, {128, 70}, {128, 200}, {256, 60}, {256, 256}
};

#define NSIZES ((int) (sizeof(sizes) / sizeof(sizes[0])))

static void
fold_in_matches_elimination(void **state)
{
	for (int i = 0; i < 2 * NSIZES; i++)
	{
		Problem		p = make_problem(sizes[i / 2][0], sizes[i / 2][1], i % 2 == 1);
		float	   *work = unit_floats(recal_als_work_size(p.d));
		float	   *x = unit_floats(p.d);

		assert_null(recal_als_fold_in(p.d, false, p.a0, p.reg, p.eigenvalues, p.n, p.rows, p.confidences,
									  p.prior, x, work, NULL, NULL));
		assert_solution(x, &p, 2e-5);
		free(work);
		free(x);
		free_problem(&p);
	}
}

/*
 * Reasons against A⁻¹y by elimination, by both systems; without a prior they
 * sum up to the score
 */
static void
reasons_are_the_score(void **state)
{
	for (int i = 0; i < 2 * NSIZES; i++)
	{
		Problem		p = make_problem(sizes[i / 2][0], sizes[i / 2][1], false);
		const int	d = p.d;
		int64_t		side = p.n > d ? p.n : d;
		bool		only_dislikes = i % 2 == 1;
		float	   *work = unit_floats(recal_als_work_size(d) + 2 * side * side);
		float	   *scale = unit_floats(d);
		float	   *y = unit_normals(d, 1 / sqrt(d), 17);
		float	   *x = unit_floats(d);
		float	   *reasons = unit_floats(p.n + 1);
		double	   *a = unit_doubles((int64_t) d * d);
		double	   *v = unit_doubles(d);

		memset(a, 0, sizeof(double) * (size_t) d * d);
		for (int f = 0; f < d; f++)
		{
			scale[f] = 1.0f / sqrtf(p.a0 * p.eigenvalues[f] + p.reg);
			a[(size_t) f * d + f] = (double) p.a0 * p.eigenvalues[f] + p.reg;
			v[f] = y[f];
		}
		for (int j = 0; j < p.n; j++)
		{
			if (only_dislikes)
				p.confidences[j] = -fabsf(p.confidences[j]);
			for (int f = 0; f < d; f++)
				for (int g = 0; g < d; g++)
					a[(size_t) f * d + g] += fabs((double) p.confidences[j]) *
						p.rows[(size_t) j * d + f] * p.rows[(size_t) j * d + g];
		}
		unit_solve(d, a, v);

		/* as serving calls it, by the dual, by the primal */
		for (int way = 0; way < 3; way++)
		{
			RecalRow	row = {0};
			double		sum = 0;
			double		size = 0;
			double		score = 0;

			row.d = d;
			row.n = p.n;
			row.reg = p.reg;
			row.gathered = p.rows;
			row.confidences = p.confidences;
			row.scale = scale;
			if (way == 0)
				assert_null(recal_als_reasons(d, false, p.a0, p.reg, p.eigenvalues, p.n, p.rows,
											  p.confidences, y, reasons, work, NULL, NULL));
			else
				assert_null(recal_row_reasons(&row, way == 1, y, reasons, work, NULL, NULL));
			for (int j = 0; j < p.n; j++)
			{
				double		plain = 0;

				for (int f = 0; f < d; f++)
					plain += v[f] * p.rows[(size_t) j * d + f];
				plain *= p.confidences[j] > 0 ? p.confidences[j] : 0;
				assert_true(fabs(reasons[j] - plain) <= 2e-6);
				if (p.confidences[j] < 0)
					assert_true(reasons[j] == 0 && !signbit(reasons[j]));
				sum += reasons[j];
				size += fabs(reasons[j]);
			}
			assert_null(recal_als_fold_in(d, false, p.a0, p.reg, p.eigenvalues, p.n, p.rows,
										  p.confidences, NULL, x, work, NULL, NULL));
			for (int f = 0; f < d; f++)
				score += (double) x[f] * y[f];
			assert_true(fabs(sum - score) <= 2e-6 * (1 + size));
			assert_true(p.n < 4 || only_dislikes == (size == 0));
		}
		y[0] = NAN;
		if (p.n > 0)
			assert_non_null(recal_als_reasons(d, false, p.a0, p.reg, p.eigenvalues, p.n, p.rows,
											  p.confidences, y, reasons, work, NULL, NULL));
		free(work);
		free(scale);
		free(y);
		free(x);
		free(reasons);
		free(a);
		free(v);
		free_problem(&p);
	}
}

static void
dual_equals_primal(void **state)
{
	for (int i = 0; i < 2 * NSIZES; i++)
	{
		Problem		p = make_problem(sizes[i / 2][0], sizes[i / 2][1], i % 2 == 1);
		int64_t		side = p.n > p.d ? p.n : p.d;
		float	   *work = unit_floats(recal_als_work_size(p.d) + 2 * side * side);
		float	   *scale = unit_floats(p.d);
		float	   *x = unit_floats(p.d);
		double		from_prior = 0;

		for (int f = 0; f < p.d; f++)
		{
			scale[f] = 1.0f / sqrtf(p.a0 * p.eigenvalues[f] + p.reg);
			if (p.prior != NULL)
				from_prior += (double) p.prior[f] * p.prior[f] * p.reg * p.a0 * p.eigenvalues[f] *
					scale[f] * scale[f];
		}
		for (int dual = 0; dual <= 1; dual++)
		{
			RecalRow	row = {0};

			row.d = p.d;
			row.n = p.n;
			row.reg = p.reg;
			row.gathered = p.rows;
			row.confidences = p.confidences;
			row.scale = scale;
			row.prior = p.prior;
			row.x = x;
			assert_null(recal_row_solve(&row, dual != 0, work, NULL, NULL));
			assert_solution(x, &p, 2e-5);
			assert_close(row.loss + from_prior, p.loss, 2e-5);
		}
		free(work);
		free(scale);
		free(x);
		free_problem(&p);
	}
}

/* Every kernel that runs here, lanes of different lengths beside one another */
static void
lanes_match_elimination(void **state)
{
	static const int dimensions[] = {1, 3, 16, 31, 64, 100};
	static const int lengths[] = {0, 1, 2, 3, 40, 5, 7, 300, 9, 12, 16, 17, 23, 128, 129, 40};
	const RecalLanes *kernel;

	for (int k = 0; (kernel = recal_lanes_choice(k)) != NULL; k++)
		for (int i = 0; i < 24; i++)
		{
			int			d = dimensions[i / 4];
			Problem		p[RECAL_MAX_LANES];
			RecalLaneRow rows[RECAL_MAX_LANES];
			float	   *scale = unit_floats(d);
			float	   *solved = unit_floats((int64_t) RECAL_MAX_LANES * d);
			float	   *work = unit_floats(recal_lanes_work_size(d, 300, i / 2 % 2 == 0));
			float	   *fixed;
			int32_t		columns[300];
			RecalLaneBatch batch = {.d = d, .nmax = 300, .dual = i / 2 % 2 == 0, .rows = rows, .solved = solved, .work = work};

			for (int j = 0; j < 300; j++)
				columns[j] = j;
			for (int u = 0; u < kernel->lanes; u++)
			{
				RecalLaneRow row = {lengths[u], 0, columns, NULL, scale, NULL, 0};

				p[u] = make_problem(d, lengths[u], i % 2 == 1);
				row.reg = p[u].reg;
				row.confidences = p[u].confidences;
				row.prior = p[u].prior;
				rows[u] = row;
			}
			for (int f = 0; f < d; f++)
				scale[f] = 1.0f / sqrtf(p[0].a0 * p[0].eigenvalues[f] + p[0].reg);

			/* problems take their rows from the front of one stream */
			fixed = unit_normals((int64_t) 300 * d, 1 / sqrt(d), 10);
			batch.fixed = fixed;
			kernel->solve(&batch);
			for (int u = 0; u < kernel->lanes; u++)
			{
				double		from_prior = 0;

				for (int f = 0; f < d && p[u].prior != NULL; f++)
					from_prior += (double) p[u].prior[f] * p[u].prior[f] * p[u].reg * p[u].a0 *
						p[u].eigenvalues[f] * scale[f] * scale[f];
				assert_solution(solved + (size_t) u * d, &p[u], 2e-5);
				assert_close(rows[u].loss + from_prior, p[u].loss, 2e-5);
				free_problem(&p[u]);
			}
			free(scale);
			free(solved);
			free(work);
			free(fixed);
		}
}

/*
 * A small model of unequal sides, and what its half-step needs.
 */
typedef struct Model
{
	int			d;
	float		a0;
	float		lambda;
	RecalCsr	by_user;
	RecalCsr	by_item;
	float	   *x;
	float	   *y;
	float	   *eigenvalues;
	float	   *work;
} Model;

static Model
make_model(int64_t users, int64_t items, int d)
{
	Model		m = {d, 0.2f, 0.05f, {0}, {0}, NULL, NULL, NULL, NULL};

	m.by_user = unit_matrix(users, items, 20);
	m.by_item = unit_transposed(&m.by_user, items);
	m.x = unit_floats(users * d);
	m.y = unit_floats(items * d);
	m.eigenvalues = unit_floats(d);
	m.work = unit_floats(recal_als_work_size(d) + recal_gramian_work_size(d) + recal_rotate_work_size(d));
	recal_als_init_factors(m.y, 0, items, d, 42);
	return m;
}

static void
free_model(Model *m)
{
	unit_free_matrix(&m->by_user);
	unit_free_matrix(&m->by_item);
	free(m->x);
	free(m->y);
	free(m->eigenvalues);
	free(m->work);
}

/* Rotates the fixed side and describes the half-step. */
static RecalAlsHalfStep
prepare(Model *m, const RecalCsr *rows, float *fixed, int64_t nfixed, float *solved)
{
	const int	d = m->d;
	double	   *gram = unit_doubles((int64_t) d * d);
	double	   *values = unit_doubles(d);
	double	   *space = unit_doubles(recal_syev_work_size(d));
	float	   *basis = unit_floats((int64_t) d * d);
	RecalAlsHalfStep step = {.d = d, .unobserved_weight = m->a0, .regularization = m->lambda,
		.nfixed = nfixed, .fixed = fixed, .eigenvalues = m->eigenvalues, .rows = rows,
	.solved = solved};

	recal_gramian(fixed, nfixed, d, gram, m->work, NULL, NULL);
	assert_int_equal(recal_syev(d, gram, values, space), 0);
	for (int i = 0; i < d * d; i++)
		basis[i] = (float) gram[i];
	for (int f = 0; f < d; f++)
		m->eigenvalues[f] = (float) values[f];
	recal_rotate(fixed, nfixed, d, basis, m->work);
	free(gram);
	free(values);
	free(space);
	free(basis);
	return step;
}

/* The loss as its definition has it, over all pairs */
static double
loss_plainly(const Model *m)
{
	int64_t		users = m->by_user.nrows;
	int64_t		items = m->by_item.nrows;
	double		loss = 0;

	for (int64_t u = 0; u < users; u++)
	{
		int64_t		k = m->by_user.offsets[u];

		for (int64_t i = 0; i < items; i++)
		{
			double		score = 0;

			for (int f = 0; f < m->d; f++)
				score += (double) m->x[u * m->d + f] * m->y[i * m->d + f];
			loss += m->a0 * score * score;
			if (k < m->by_user.offsets[u + 1] && m->by_user.columns[k] == i)
			{
				double		c = m->by_user.confidences[k++];

				loss += fabs(c) * ((c > 0) - score) * ((c > 0) - score);
			}
		}
	}
	for (int side = 0; side < 2; side++)
	{
		const RecalCsr *rows = side ? &m->by_item : &m->by_user;
		const float *factors = side ? m->y : m->x;

		for (int64_t r = 0; r < rows->nrows; r++)
			for (int f = 0; f < m->d; f++)
				loss += m->lambda * (double) factors[r * m->d + f] * factors[r * m->d + f] *
					((double) (rows->offsets[r + 1] - rows->offsets[r]) +
					 (double) m->a0 * (double) (side ? users : items));
	}
	return loss;
}

static void
loss_goes_down_and_is_the_loss(void **state)
{
	static const int dimensions[] = {1, 6, 24, 70};

	for (int i = 0; i < 4; i++)
	{
		Model		m = make_model(60, 45, dimensions[i]);
		double		previous = INFINITY;

		for (int epoch = 0; epoch < 6; epoch++)
		{
			RecalAlsHalfStep step;
			int64_t		bad;
			double		loss = 0;

			step = prepare(&m, &m.by_user, m.y, m.by_item.nrows, m.x);
			assert_null(recal_als_solve_rows(&step, NULL, 0, m.by_user.nrows, m.work, &loss, &bad,
											 NULL, NULL));
			loss += m.lambda * recal_als_regularizer(m.y, &m.by_item, m.d, m.a0, m.by_user.nrows);
			assert_close(loss, loss_plainly(&m), 1e-5);
			assert_true(loss < previous);
			previous = loss;

			loss = 0;
			step = prepare(&m, &m.by_item, m.x, m.by_user.nrows, m.y);
			assert_null(recal_als_solve_rows(&step, NULL, 0, m.by_item.nrows, m.work, &loss, &bad,
											 NULL, NULL));
			loss += m.lambda * recal_als_regularizer(m.x, &m.by_user, m.d, m.a0, m.by_item.nrows);
			assert_close(loss, loss_plainly(&m), 1e-5);
			assert_true(loss < previous);
			previous = loss;
		}
		free_model(&m);
	}
}

/* The half-step's objective at what it solved, as its definition has it */
static double
objective_plainly(const RecalAlsHalfStep *step)
{
	const int	d = step->d;
	double		loss = 0;

	for (int64_t r = 0; r < step->rows->nrows; r++)
	{
		const float *x = step->solved + r * d;
		int64_t		end = step->rows->offsets[r + 1];
		double		reg = step->regularization *
			((double) (end - step->rows->offsets[r]) + (double) step->unobserved_weight * (double) step->nfixed);

		for (int64_t k = step->rows->offsets[r]; k < end; k++)
		{
			double		c = step->rows->confidences[k];
			double		residual = c > 0;

			for (int f = 0; f < d; f++)
				residual -= (double) x[f] * step->fixed[(int64_t) step->rows->columns[k] * d + f];
			loss += fabs(c) * residual * residual;
		}
		for (int f = 0; f < d; f++)
		{
			double		off = x[f] - (step->prior != NULL ? step->prior[r * d + f] : 0);

			loss += (double) step->unobserved_weight * fmax(step->eigenvalues[f], 0) * x[f] * x[f] + reg * off * off;
		}
	}
	return loss;
}

/* The bits of a row depend on nothing but its own data. */
static void
splits_do_not_matter(void **state)
{
	/* the last two have rows that are solved on their own */
	static const int shapes[][3] = {{90, 120, 5}, {90, 120, 33}, {90, 120, 64}, {90, 120, 150},
	{15, 400, 300}, {15, 9000, 4}};

	for (int i = 0; i < 12; i++)
	{
		Model		m = make_model(shapes[i / 2][0], shapes[i / 2][1], shapes[i / 2][2]);
		int64_t		n = m.by_user.nrows;
		size_t		size = sizeof(float) * (size_t) n * m.d;
		float	   *prior = i % 2 ? unit_normals(n * m.d, 0.1, 12) : NULL;
		float	   *other = unit_alloc(size);
		int32_t    *order = unit_alloc(sizeof(int32_t) * (size_t) n);
		int64_t		starts[14];
		RecalAlsHalfStep step = prepare(&m, &m.by_user, m.y, m.by_item.nrows, m.x);
		int			blocks;
		int64_t		bad;
		double		loss = 0;
		double		other_loss = 0;

		step.prior = prior;
		step.prior_stride = m.d;
		assert_null(recal_als_solve_rows(&step, NULL, 0, n, m.work, &loss, &bad, NULL, NULL));
		assert_close(loss, objective_plainly(&step), 1e-5);
		step.solved = other;

		/* by planned blocks, the last one first */
		memset(other, 0, size);
		blocks = recal_als_plan_blocks(&m.by_user, m.d, 13, order, starts);
		assert_in_range(blocks, n > 16 ? 2 : 1, 13);
		for (int b = blocks - 1; b >= 0; b--)
			assert_null(recal_als_solve_rows(&step, order, starts[b], starts[b + 1] - starts[b],
											 m.work, &other_loss, &bad, NULL, NULL));
		assert_memory_equal(m.x, other, size);
		assert_close(other_loss, loss, 1e-12);

		/* one by one */
		memset(other, 0, size);
		for (int64_t r = 0; r < n; r++)
			assert_null(recal_als_solve_rows(&step, NULL, r, 1, m.work, &other_loss, &bad, NULL, NULL));
		assert_memory_equal(m.x, other, size);

		/* and serving says nearly the same */
		for (int64_t r = 0; r < n; r++)
		{
			int64_t		offset = m.by_user.offsets[r];
			int64_t		count = m.by_user.offsets[r + 1] - offset;
			float	   *gathered = unit_floats((count + 1) * m.d);
			float	   *x = unit_floats(m.d);

			for (int64_t j = 0; j < count; j++)
				memcpy(gathered + j * m.d, m.y + (size_t) m.by_user.columns[offset + j] * m.d,
					   sizeof(float) * (size_t) m.d);
			assert_null(recal_als_fold_in(m.d, false, m.a0,
										  m.lambda * ((float) count + m.a0 * (float) m.by_item.nrows),
										  m.eigenvalues, count, gathered,
										  m.by_user.confidences + offset,
										  prior != NULL ? prior + r * m.d : NULL, x, m.work,
										  NULL, NULL));
			for (int f = 0; f < m.d; f++)
				assert_close(x[f], m.x[r * m.d + f], 1e-4);
			free(gathered);
			free(x);
		}
		free(prior);
		free(other);
		free(order);
		free_model(&m);
	}
}

/* The mean user is what is left where nothing is observed, and the less the more is liked. */
static void
mean_user_fades_with_likes(void **state)
{
	static const int dimensions[] = {7, 64, 300};

	for (int i = 0; i < 3; i++)
	{
		const int	d = dimensions[i];
		Model		m = make_model(60, 150, d);
		RecalAlsHalfStep step = prepare(&m, &m.by_user, m.y, m.by_item.nrows, m.x);
		float	   *mean = unit_normals(d, 0.1, 15);
		float	   *whole = unit_floats(d);
		float	   *prior = unit_floats(d);
		float	   *x = unit_floats(d);
		float	   *gathered = unit_floats(151 * d);
		int64_t		longest = 0;
		int64_t		bad;
		double		loss = 0;

		step.mean = mean;
		step.mean_likes = 2;
		assert_null(recal_als_solve_rows(&step, NULL, 0, m.by_user.nrows, m.work, &loss, &bad, NULL, NULL));
		for (int64_t r = 0; r < m.by_user.nrows; r++)
		{
			int64_t		offset = m.by_user.offsets[r];
			int64_t		count = m.by_user.offsets[r + 1] - offset;
			const float *confidences = m.by_user.confidences + offset;
			float		reg = m.lambda * ((float) count + m.a0 * (float) m.by_item.nrows);
			int			likes = 0;

			for (int64_t j = 0; j < count; j++)
			{
				likes += confidences[j] > 0;
				memcpy(gathered + j * d, m.y + (size_t) m.by_user.columns[offset + j] * d,
					   sizeof(float) * (size_t) d);
			}
			recal_als_mean_prior(d, step.mean_likes, m.a0, reg, m.eigenvalues, 0, NULL, mean, whole);
			recal_als_mean_prior(d, step.mean_likes, m.a0, reg, m.eigenvalues, count, confidences, mean, prior);
			for (int f = 0; f < d; f++)
				assert_close(prior[f], whole[f] * 2 / (2 + likes), 1e-5);
			assert_null(recal_als_fold_in(d, false, m.a0, reg, m.eigenvalues, count, gathered, confidences,
										  prior, x, m.work, NULL, NULL));
			for (int f = 0; f < d; f++)
				assert_close(x[f], m.x[r * d + f], 1e-4);
			assert_null(recal_als_fold_in(d, false, m.a0, reg, m.eigenvalues, 0, NULL, NULL, whole, x,
										  m.work, NULL, NULL));
			for (int f = 0; f < d; f++)
				assert_close(x[f], mean[f], 1e-5);
			if (likes > longest)
				longest = likes;
		}
		assert_true(longest > 3);
		free(mean);
		free(whole);
		free(prior);
		free(x);
		free(gathered);
		free_model(&m);
	}
}

static void
plan_is_sorted_and_even(void **state)
{
	RecalCsr	m = {3000, NULL, NULL, NULL};
	int32_t		order[3000];
	int64_t		starts[33];
	bool		seen[3000] = {false};
	int			blocks;
	int64_t		sum = 0;

	/* lengths on both sides of the counted ones, and one giant */
	m.offsets = unit_alloc(sizeof(int64_t) * 3001);
	for (int64_t r = 0; r < 3000; r++)
	{
		m.offsets[r] = sum;
		sum += r == 1234 ? 500000 : (int64_t) (recal_rng_bits(9, 9, (uint64_t) r) % (r % 3 ? 40 : 2000));
	}
	m.offsets[3000] = sum;
	blocks = recal_als_plan_blocks(&m, 64, 32, order, starts);
	assert_in_range(blocks, 8, 32);
	assert_int_equal(starts[0], 0);
	assert_int_equal(starts[blocks], 3000);
	assert_int_equal(order[0], 1234);
	assert_int_equal(starts[1], 1);
	for (int b = 0; b < blocks; b++)
		assert_true(starts[b] < starts[b + 1]);
	for (int i = 0; i < 3000; i++)
	{
		int64_t		n = m.offsets[order[i] + 1] - m.offsets[order[i]];

		assert_false(seen[order[i]]);
		seen[order[i]] = true;
		if (i > 0)
		{
			int64_t		before = m.offsets[order[i - 1] + 1] - m.offsets[order[i - 1]];

			assert_true(before > n || (before == n && order[i - 1] < order[i]));
		}
	}
	free(m.offsets);

	m.nrows = 0;
	m.offsets = &sum;
	sum = 0;
	assert_int_equal(recal_als_plan_blocks(&m, 64, 32, order, starts), 0);
}

static void
non_finite_rows_are_refused(void **state)
{
	for (int i = 0; i < 2; i++)
	{
		/* d = 40: short rows in lanes; d = 8: long ones, on their own */
		Model		m = make_model(40, 60, i == 0 ? 40 : 8);
		RecalAlsHalfStep step = prepare(&m, &m.by_user, m.y, m.by_item.nrows, m.x);
		int64_t		bad = -1;
		double		loss = 0;
		int64_t		n = m.by_user.nrows;

		for (int64_t k = 0; k < n * m.d; k++)
			m.x[k] = 5.0f;
		m.by_user.confidences[m.by_user.offsets[18]] = NAN;
		assert_non_null(recal_als_solve_rows(&step, NULL, 0, n, m.work, &loss, &bad, NULL, NULL));
		assert_int_equal(bad, 18);
		for (int64_t k = 0; k < n * m.d; k++)
			assert_true(isfinite(m.x[k]));
		for (int f = 0; f < m.d; f++)
			assert_true(m.x[18 * m.d + f] == 5.0f);
		free_model(&m);
	}
}

static void
count_polls(void *arg)
{
	++*(int *) arg;
}

static void
polls_happen(void **state)
{
	Model		m = make_model(70, 50, 8);
	RecalAlsHalfStep step = prepare(&m, &m.by_user, m.y, m.by_item.nrows, m.x);
	float	   *gathered = unit_normals(8 * 1280, 1, 13);
	float	   *ones = unit_floats(1280);
	float	   *reasons = unit_floats(1280);
	float		x[8];
	int64_t		bad;
	double		loss = 0;
	int			polls = 0;

	assert_null(recal_als_solve_rows(&step, NULL, 0, 70, m.work, &loss, &bad, count_polls, &polls));
	assert_true(polls >= 70);
	for (int j = 0; j < 1280; j++)
		ones[j] = 1.0f;
	polls = 0;
	assert_null(recal_als_fold_in(8, false, 0.1f, 1.0f, m.eigenvalues, 1280, gathered, ones, NULL, x,
								  m.work, count_polls, &polls));
	assert_true(polls >= 9);
	polls = 0;
	assert_null(recal_als_reasons(8, false, 0.1f, 1.0f, m.eigenvalues, 1280, gathered, ones, x, reasons,
								  m.work, count_polls, &polls));
	assert_true(polls >= 18);
	free(gathered);
	free(ones);
	free(reasons);
	free_model(&m);
}

/* The largest number of factors, with rows below and above it */
static void
largest_dimension(void **state)
{
	const int	d = RECAL_MAX_FACTORS;
	static const int lengths[] = {3, 700, 1100};

	for (int i = 0; i < 3; i++)
	{
		Problem		p = make_problem(d, lengths[i], false);
		float	   *work = unit_floats(recal_als_work_size(d));
		float	   *x = unit_floats(d);

		assert_null(recal_als_fold_in(d, false, p.a0, p.reg, p.eigenvalues, p.n, p.rows, p.confidences,
									  NULL, x, work, NULL, NULL));
		assert_solution(x, &p, 5e-5);
		free(work);
		free(x);
		free_problem(&p);
	}
}

static void
gramian_and_rotation(void **state)
{
	static const int dimensions[] = {1, 7, 64, 130};

	for (int i = 0; i < 4; i++)
	{
		const int	d = dimensions[i];
		const int64_t n = 700;
		float	   *rows = unit_normals(n * d, 1, 14);
		float	   *work = unit_floats(recal_gramian_work_size(d) + recal_rotate_work_size(d));
		double	   *gram = unit_doubles((int64_t) d * d);
		double	   *values = unit_doubles(d);
		double	   *space = unit_doubles(recal_syev_work_size(d));
		float	   *basis = unit_floats((int64_t) d * d);
		float	   *before = unit_floats(n * d);
		double	   *after = unit_doubles((int64_t) d * d);

		memcpy(before, rows, sizeof(float) * (size_t) (n * d));
		recal_gramian(rows, n, d, gram, work, NULL, NULL);
		for (int f = 0; f < d; f++)
			for (int g = 0; g < d; g++)
			{
				double		sum = 0;

				for (int64_t r = 0; r < n; r++)
					sum += (double) rows[r * d + f] * rows[r * d + g];
				assert_close(gram[(size_t) f * d + g], sum, 1e-4);
			}
		assert_int_equal(recal_syev(d, gram, values, space), 0);
		for (int k = 0; k < d * d; k++)
			basis[k] = (float) gram[k];
		recal_rotate(rows, n, d, basis, work);
		for (int64_t r = 0; r < n; r += 13)
		{
			double		dot = 0;
			double		rotated = 0;

			for (int f = 0; f < d; f++)
			{
				dot += (double) before[r * d + f] * before[(n - 1 - r) * d + f];
				rotated += (double) rows[r * d + f] * rows[(n - 1 - r) * d + f];
			}
			assert_close(rotated, dot, 1e-4);
		}

		/* and the Gramian is now diagonal */
		recal_gramian(rows, n, d, after, work, NULL, NULL);
		for (int f = 0; f < d; f++)
			for (int g = 0; g < d; g++)
				assert_true(fabs(after[(size_t) f * d + g] - (f == g ? values[f] : 0)) < 1e-3 * values[0]);
		free(rows);
		free(work);
		free(gram);
		free(values);
		free(space);
		free(basis);
		free(before);
		free(after);
	}
}

static void
start_depends_on_row_number_alone(void **state)
{
	float		all[50 * 16];
	float		some[5 * 16];
	double		squares = 0;

	recal_als_init_factors(all, 0, 50, 16, 3);
	recal_als_init_factors(some, 20, 5, 16, 3);
	assert_memory_equal(some, all + 20 * 16, sizeof(some));
	for (int i = 0; i < 800; i++)
		squares += (double) all[i] * all[i];
	assert_close(sqrt(squares / 800), 0.1 / 4, 0.003);
	recal_als_init_factors(some, 20, 5, 16, 4);
	assert_memory_not_equal(some, all + 20 * 16, sizeof(some));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fold_in_matches_elimination),
		cmocka_unit_test(dual_equals_primal),
		cmocka_unit_test(reasons_are_the_score),
		cmocka_unit_test(lanes_match_elimination),
		cmocka_unit_test(loss_goes_down_and_is_the_loss),
		cmocka_unit_test(splits_do_not_matter),
		cmocka_unit_test(plan_is_sorted_and_even),
		cmocka_unit_test(non_finite_rows_are_refused),
		cmocka_unit_test(polls_happen),
		cmocka_unit_test(largest_dimension),
		cmocka_unit_test(mean_user_fades_with_likes),
		cmocka_unit_test(gramian_and_rotation),
		cmocka_unit_test(start_depends_on_row_number_alone),
	};

	recal_blas_init();
	return cmocka_run_group_tests_name("als", tests, NULL, NULL);
}
