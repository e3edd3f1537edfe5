/*
 * als_internal.h
 *		What the files of the ALS solver share.
 *
 * With s_f = 1/√(a0·w_f + reg) the row's system becomes I + ZᵀZ, Z having a row
 * z = √|c| · y·s per observation: never worse conditioned than it has to be, and
 * positive definite whatever the factors are. Its n×n twin I + ZZᵀ gives the
 * same answer. The prior mean moves to the right-hand side: with
 * x0 = s²·reg·prior the solution is x = x0 + s·u, where u solves
 * (I + ZᵀZ) u = Zᵀr with r = √|c| (p − y·x0).
 */
#ifndef RECAL_ALS_INTERNAL_H
#define RECAL_ALS_INTERNAL_H

#include "recal_als.h"

/* rows of one panel in the primal solve */
#define RECAL_PANEL_ROWS 128

/* the most rows that a lanes kernel solves side by side */
#define RECAL_MAX_LANES 16

/* observations that a lane's primal solve takes at a time: the panel fits in L2 */
#define RECAL_LANE_PANEL(d) ((d) <= 32 ? 128 : (d) >= 256 ? 16 : 4096 / (d))

/* One row in its lane: n observations by number of the fixed row. */
typedef struct RecalLaneRow
{
	int			n;
	float		reg;
	const int32_t *columns;		/* [n] */
	const float *confidences;	/* [n] */
	const float *scale;			/* [d], the s of this row's reg */
	const float *prior;			/* [d] or NULL, alike in all lanes */
	double		loss;			/* out: rᵀ(I + ZZᵀ)⁻¹r */
} RecalLaneRow;

typedef struct RecalLaneBatch
{
	int			d;
	int			nmax;			/* longest of the rows */
	bool		dual;			/* the n×n system, or the d×d one */
	bool		ratings;		/* confidences are targets of confidence 1 */
	const float *fixed;			/* [.. × d] */
	RecalLaneRow *rows;			/* [lanes], the unused ones with n = 0 */
	float	   *solved;			/* out: [lanes × d] */
	float	   *work;			/* recal_lanes_work_size floats */
} RecalLaneBatch;

/*
 * The solve of `lanes` rows at once, one SIMD lane a row. Lanes do not see one
 * another, so a row's bits do not depend on its neighbours.
 */
typedef struct RecalLanes
{
	int			lanes;
	const char *name;
	void		(*solve) (const RecalLaneBatch *batch);
} RecalLanes;

/* Kernels that run on this machine, best (0) first; NULL after the last */
extern const RecalLanes *recal_lanes_choice(int choice);
extern int64_t recal_lanes_work_size(int d, int nmax, bool dual);

/* One row from its gathered factors or its columns: exactly one of the two. */
typedef struct RecalRow
{
	int			d;
	bool		ratings;		/* confidences are targets of confidence 1 */
	int64_t		n;
	float		reg;
	const float *fixed;			/* with columns */
	const int32_t *columns;
	const float *gathered;		/* [n × d] */
	const float *confidences;
	const float *scale;
	const float *prior;			/* [d] or NULL */
	float	   *x;				/* out: [d] */
	double		loss;			/* out: rᵀ(I + ZZᵀ)⁻¹r */
} RecalRow;

extern int64_t recal_row_work_size(int d);
/* By the dual system (n <= d) or the primal one. Returns NULL or a message. */
extern const char *recal_row_solve(RecalRow *row, bool dual, float *work, RecalPoll poll,
								   void *arg);

/* recal_als_reasons of a row with gathered factors, likewise */
extern const char *recal_row_reasons(const RecalRow *row, bool dual, const float *y,
									 float *reasons, float *work, RecalPoll poll, void *arg);

extern const char *const recal_singular_message;

#endif							/* RECAL_ALS_INTERNAL_H */
