/*
 * recal_als.h
 *		Alternating least squares for implicit feedback (iALS).
 *
 * Loss (Rendle, Krichene, Zhang, Koren 2021, "Revisiting the Performance of
 * iALS on Item Recommendation Benchmarks"):
 *
 *		Σ observed c_ui (x_u·y_i − p_ui)²  +  a0 Σ all pairs (x_u·y_i)²
 *		+ λ [ Σ_u (n_u + a0·I) ‖x_u‖² + Σ_i (n_i + a0·U) ‖y_i‖² ]
 *
 * with p = 1 for a positive and 0 for a negative (disliked) pair.
 *
 * Ratings (objective "explicit") are the same row solve without the sum over
 * all pairs: Σ (r_ui − μ − x_u·y_i)² + Σ ridges, factors being
 * x = (b_u, 1, ...), y = (1, b_i, ...), so that both biases are solved for
 * together with the factors (Koren, Bell, Volinsky 2009).
 *
 * Every half-step works in the eigenbasis of the fixed side's Gramian: the
 * fixed factors are rotated once, the Gramian becomes a diagonal, and the
 * factors solved for come out in the same basis, so that all dot products
 * stand and nothing has to be rotated back.
 */
#ifndef RECAL_ALS_H
#define RECAL_ALS_H

#include "recal_sparse.h"

#define RECAL_MAX_FACTORS 1024

/* Starts factors[n×d] ~ N(0, (0.1/√d)²), from the seed and the row number alone. */
extern void recal_als_init_factors(float *factors, int64_t first, int64_t n, int d, uint64_t seed);

/*
 * Gramian of rows[n×d] into gram[d×d] (both triangles), summed in double over
 * panels in a fixed order. work: recal_gramian_work_size(d) floats.
 */
extern int64_t recal_gramian_work_size(int d);
extern void recal_gramian(const float *rows, int64_t n, int d, double *gram, float *work,
						  RecalPoll poll, void *arg);

/*
 * Rotates rows[n×d] in place: rows ← rows · basis[d×d]. work:
 * recal_rotate_work_size(d) floats. Rows are independent of one another.
 */
extern int64_t recal_rotate_work_size(int d);
extern void recal_rotate(float *rows, int64_t n, int d, const float *basis, float *work);

/* What one half-step shares; everything but solved is read only. */
typedef struct RecalAlsHalfStep
{
	int			d;
	bool		ratings;		/* the entries of rows are targets of confidence 1; regularization
								 * is the whole ridge, whatever the row's length, and a0 times an
								 * eigenvalue is what a coordinate's ridge is larger */
	float		unobserved_weight;	/* a0 */
	float		regularization; /* λ */
	int64_t		nfixed;			/* rows of the fixed side, for λ (n + a0·nfixed) */
	const float *fixed;			/* [nfixed × d], in the eigenbasis of its Gramian */
	const float *eigenvalues;	/* [d], the Gramian of fixed, which is diagonal */
	const RecalCsr *rows;		/* columns index rows of fixed */
	const float *prior;			/* [rows × d] mean that λ pulls towards, or NULL for 0 */
	int64_t		prior_stride;	/* d, or 0: one mean [d] for all rows */
	const float *mean;			/* [d] of the rows' factors: prior by recal_als_mean_prior, in place
								 * of the other; or NULL */
	float		mean_likes;		/* of it */
	float	   *solved;			/* [rows × d] */
} RecalAlsHalfStep;

/*
 * floats of workspace that a participant needs, 64-byte aligned: 0.5 MB at
 * d = 64, 7 MB at 256, 20 MB at 1024
 */
extern int64_t recal_als_work_size(int d);

/*
 * Solves rows order[first .. first+n-1] (order NULL: the row numbers
 * themselves) exactly, by the dual system for short rows and by the primal
 * for long ones. Rows are solved side by side, so an order by length, as
 * recal_als_plan_blocks makes it, is several times faster than any other; the
 * results are the same, bit for bit, in any order and however it is cut.
 * Adds to *loss the rows' share of the loss at their optimum (the whole
 * objective of the row: with a prior λ pulls towards it), without the other
 * side's regularization. Returns NULL, or a message with the row's number in
 * *bad_row: nothing non-finite is stored. poll is called once a row and once
 * a panel in very long rows; between two calls up to 16 rows may be solved.
 */
extern const char *recal_als_solve_rows(const RecalAlsHalfStep *step, const int32_t *order,
										int64_t first, int64_t n, float *work, double *loss,
										int64_t *bad_row, RecalPoll poll, void *arg);

/*
 * What is known of a user before anything is: the mean user. As a prior its
 * weight falls off with the likes, mean_likes / (mean_likes + likes), since the
 * mean says less than the rows of who likes much. It is stretched so that it
 * stands where nothing is observed. prior [d]; the rest as for recal_als_fold_in.
 * Without mean_likes it is the prior of those alone who like nothing.
 */
#define RECAL_MEAN_USER_LIKES	1.0f

extern void recal_als_mean_prior(int d, float mean_likes, float unobserved_weight, float reg,
								 const float *eigenvalues, int64_t n, const float *confidences,
								 const float *mean, float *prior);

/*
 * One row's system from gathered factors: the fold-in of serving. gathered
 * [n×d] is overwritten; n may be 0. reg is the whole ridge λ (n + a0·nfixed).
 * prior [d] or NULL. With ratings, confidences are targets. Returns NULL or a
 * message.
 */
extern const char *recal_als_fold_in(int d, bool ratings, float unobserved_weight, float reg,
									 const float *eigenvalues, int64_t n, float *gathered,
									 const float *confidences, const float *prior,
									 float *x, float *work, RecalPoll poll, void *arg);

/*
 * Why the row scores y [d] as it does: reasons[j] = c_j p_j y_jᵀ A⁻¹ y, where A
 * is the system that recal_als_fold_in solves. Without a prior their sum is the
 * score x·y. Those of dislikes are 0: they act through A. gathered is left
 * as it is; work as for recal_als_fold_in. Returns NULL or a message.
 */
extern const char *recal_als_reasons(int d, bool ratings, float unobserved_weight, float reg,
									 const float *eigenvalues, int64_t n, const float *gathered,
									 const float *confidences, const float *y,
									 float *reasons, float *work, RecalPoll poll, void *arg);

/*
 * Σ_rows (n_row + a0·nother) ‖factor‖², the regularizer of one side without λ
 */
extern double recal_als_regularizer(const float *factors, const RecalCsr *rows, int d,
									float unobserved_weight, int64_t nother);

/*
 * Plans blocks of about even cost: writes into order[nrows] the rows sorted by
 * descending length (ties by number) and into starts[<= max_blocks + 1] the
 * blocks' first positions; returns the number of blocks. It depends only on
 * the rows, so results do not depend on who solves which block.
 */
extern int	recal_als_plan_blocks(const RecalCsr *rows, int d, int max_blocks,
								  int32_t *order, int64_t *starts);

#endif							/* RECAL_ALS_H */
