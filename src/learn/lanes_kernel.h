/*
 * lanes_kernel.h
 *		Body of the lanes kernel, included once for each instruction set.
 *
 * LANES rows are solved side by side. A vector holds one number of each row,
 * so the factorization of small matrices needs no horizontal sums and does not
 * wait for its own pivots. A matrix is stored by tiles of four rows: row r at
 * position k is [(r/4·length + k)·4 + r%4]. For the dual system the rows are
 * observations and positions factors, for the primal the other way round.
 *
 * Expects LANES, LANES_FN(name) and LANES_TARGET.
 */
/* how many observations ahead to ask for, into L2: more than L1 would hold */
#define LANES_AHEAD 6
#define VEC LANES_FN(Vec)
#define LOOSE LANES_FN(Loose)

typedef float VEC __attribute__((vector_size(LANES * 4), may_alias));
typedef float LOOSE __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

LANES_TARGET static inline VEC
LANES_FN(sqrt) (VEC v)
{
#ifdef LANES_SQRT
	return (VEC) LANES_SQRT(v);
#else
	for (int u = 0; u < LANES; u++)
		v[u] = __builtin_sqrtf(v[u]);
	return v;
#endif
}

/* Transposes LANES vectors: zipping each with the one half-way along, log2(LANES) times */
LANES_TARGET static inline void
LANES_FN(transpose) (VEC * v)
{
	VEC			t[LANES];

#pragma GCC unroll 4
	for (int round = 1; round < LANES; round *= 4)
	{
#pragma GCC unroll 16
		for (int i = 0; i < LANES / 2; i++)
		{
			t[2 * i] = LANES_ZIP_LOW(v[i], v[i + LANES / 2]);
			t[2 * i + 1] = LANES_ZIP_HIGH(v[i], v[i + LANES / 2]);
		}
#if LANES == 8
		if (round == 4)
		{
#pragma GCC unroll 16
			for (int i = 0; i < LANES; i++)
				v[i] = t[i];
			break;
		}
#endif
#pragma GCC unroll 16
		for (int i = 0; i < LANES / 2; i++)
		{
			v[2 * i] = LANES_ZIP_LOW(t[i], t[i + LANES / 2]);
			v[2 * i + 1] = LANES_ZIP_HIGH(t[i], t[i + LANES / 2]);
		}
	}
}

/* z[f/4·outer + f%4·inner] ← lane by lane, source[f] · scale[f] · weight */
LANES_TARGET static inline void
LANES_FN(gather) (VEC * z, size_t outer, size_t inner, int d, const float *const *source,
				  const VEC * scale, VEC weight)
{
	int			f = 0;

	for (; f + LANES <= d; f += LANES)
	{
		VEC			v[LANES];

#pragma GCC unroll 16
		for (int u = 0; u < LANES; u++)
			v[u] = *(const LOOSE *) (source[u] + f);
		LANES_FN(transpose) (v);
#pragma GCC unroll 16
		for (int u = 0; u < LANES; u++)
			z[(size_t) ((f + u) / 4) * outer + (u % 4) * inner] = v[u] * scale[f + u] * weight;
	}
	for (; f < d; f++)
	{
		VEC			v;

		for (int u = 0; u < LANES; u++)
			v[u] = source[u][f];
		z[(size_t) (f / 4) * outer + (f % 4) * inner] = v * scale[f] * weight;
	}
}

/* scale[f] ← the lanes' scales */
LANES_TARGET static void
LANES_FN(gather_scale) (const RecalLaneBatch *batch, VEC * scale)
{
	int			f = 0;

	for (; f + LANES <= batch->d; f += LANES)
	{
		for (int u = 0; u < LANES; u++)
			scale[f + u] = *(const LOOSE *) (batch->rows[u].scale + f);
		LANES_FN(transpose) (scale + f);
	}
	for (; f < batch->d; f++)
		for (int u = 0; u < LANES; u++)
			((float *) (scale + f))[u] = batch->rows[u].scale[f];
}

/*
 * Asks for observation j of a lane. The rows fetched are anywhere in memory,
 * and sixteen lanes are more streams than the hardware follows by itself.
 * Not inlined, it would look to GCC like a function without any effect.
 */
LANES_TARGET static inline __attribute__((always_inline)) void
LANES_FN(prefetch) (const RecalLaneBatch *batch, const RecalLaneRow *row, int j)
{
	const float *ahead;

	if (j >= row->n)
		return;
	ahead = batch->fixed + (size_t) row->columns[j] * batch->d;
	for (int f = 0; f < batch->d; f += 16)
		__builtin_prefetch(ahead + f, 0, 2);
	if (j % 8 == 0)
	{
		__builtin_prefetch(row->columns + j + 32);
		__builtin_prefetch(row->confidences + j + 32);
	}
}

/*
 * Gathers observations first .. first+count-1 of all lanes into z, and their
 * targets times √|c| into r. Beyond a lane's end there are zeros.
 */
LANES_TARGET static void
LANES_FN(gather_rows) (const RecalLaneBatch *batch, int first, int count, bool dual,
					   const VEC * scale, VEC * z, VEC * r)
{
	const int	d = batch->d;
	const float *source[LANES];

	for (int j = 0; first == 0 && j < LANES_AHEAD; j++)
		for (int u = 0; u < LANES; u++)
			LANES_FN(prefetch) (batch, &batch->rows[u], j);
	for (int k = 0; k < count; k++)
	{
		const int	j = first + k;
		VEC			weight = {0};
		VEC			target = {0};

		for (int u = 0; u < LANES; u++)
		{
			const RecalLaneRow *row = &batch->rows[u];

			/* anything finite times zero */
			source[u] = row->scale;
			if (j < row->n)
			{
				float		c = row->confidences[j];

				((float *) &weight)[u] = batch->ratings ? 1.0f : fabsf(c);
				((float *) &target)[u] = batch->ratings ? c : c > 0 ? 1.0f : 0.0f;
				source[u] = batch->fixed + (size_t) row->columns[j] * d;
			}
			LANES_FN(prefetch) (batch, row, j + LANES_AHEAD);
		}
		weight = LANES_FN(sqrt) (weight);
		r[k] = target * weight;
		if (dual)
			LANES_FN(gather) (z + (size_t) (k / 4) * d * 4 + k % 4, 16, 4, d, source, scale, weight);
		else
			LANES_FN(gather) (z + (size_t) k * 4, (size_t) count * 4, 1, d, source, scale, weight);
	}
}

/* start ← reg·s·prior */
LANES_TARGET static void
LANES_FN(gather_start) (const RecalLaneBatch *batch, const VEC * scale, VEC * start)
{
	const float *source[LANES];
	VEC			weight;

	for (int u = 0; u < LANES; u++)
	{
		source[u] = batch->rows[u].prior;
		((float *) &weight)[u] = batch->rows[u].reg;
	}
	LANES_FN(gather) (start, 4, 1, batch->d, source, scale, weight);
}

/* One sum of products of a 4×COLUMNS tile */
#define LANES_SUM(OP, a, b, n) \
	for (int k = 0; k < (n); k++) \
	{ \
		VEC			a0 = (a)[4 * k], \
					a1 = (a)[4 * k + 1], \
					a2 = (a)[4 * k + 2], \
					a3 = (a)[4 * k + 3]; \
		VEC			b0 = (b)[4 * k], \
					b1 = (b)[4 * k + 1]; \
		c00 OP a0 * b0; \
		c10 OP a1 * b0; \
		c20 OP a2 * b0; \
		c30 OP a3 * b0; \
		c01 OP a0 * b1; \
		c11 OP a1 * b1; \
		c21 OP a2 * b1; \
		c31 OP a3 * b1; \
		LANES_SUM_MORE(OP, b, k) \
	}

#define LANES_SUM_DIAGONAL(OP, a, n) \
	for (int k = 0; k < (n); k++) \
	{ \
		VEC			a0 = (a)[4 * k], \
					a1 = (a)[4 * k + 1], \
					a2 = (a)[4 * k + 2], \
					a3 = (a)[4 * k + 3]; \
		c00 OP a0 * a0; \
		c10 OP a1 * a0; \
		c20 OP a2 * a0; \
		c30 OP a3 * a0; \
		c11 OP a1 * a1; \
		c21 OP a2 * a1; \
		c31 OP a3 * a1; \
		c22 OP a2 * a2; \
		c32 OP a3 * a2; \
		c33 OP a3 * a3; \
	}

#if LANES == 16
#define LANES_COLUMNS 4
#define LANES_SUM_MORE(OP, b, k) \
		VEC			b2 = (b)[4 * k + 2], \
					b3 = (b)[4 * k + 3]; \
		c02 OP a0 * b2; \
		c12 OP a1 * b2; \
		c22 OP a2 * b2; \
		c32 OP a3 * b2; \
		c03 OP a0 * b3; \
		c13 OP a1 * b3; \
		c23 OP a2 * b3; \
		c33 OP a3 * b3;
#else
/* sixteen registers hold no more than half a tile */
#define LANES_COLUMNS 2
#define LANES_SUM_MORE(OP, b, k)
#endif

/*
 * LANES_COLUMNS columns of tile (zi, zj): out ← zi·zjᵀ − li·ljᵀ, added to out
 * if so wished; the entry of row i and column j is at [4j + i].
 */
LANES_TARGET static inline void
LANES_FN(tile) (VEC * out, bool add, const VEC * zi, const VEC * zj, int d, const VEC * li,
				const VEC * lj, int n)
{
	VEC			zero = {0};
	VEC			c00 = zero, c10 = zero, c20 = zero, c30 = zero;
	VEC			c01 = zero, c11 = zero, c21 = zero, c31 = zero;
#if LANES_COLUMNS == 4
	VEC			c02 = zero, c12 = zero, c22 = zero, c32 = zero;
	VEC			c03 = zero, c13 = zero, c23 = zero, c33 = zero;
#endif

	if (add)
	{
		c00 = out[0];
		c10 = out[1];
		c20 = out[2];
		c30 = out[3];
		c01 = out[4];
		c11 = out[5];
		c21 = out[6];
		c31 = out[7];
#if LANES_COLUMNS == 4
		c02 = out[8];
		c12 = out[9];
		c22 = out[10];
		c32 = out[11];
		c03 = out[12];
		c13 = out[13];
		c23 = out[14];
		c33 = out[15];
#endif
	}
	LANES_SUM(+=, zi, zj, d)
	LANES_SUM(-=, li, lj, n)
	out[0] = c00;
	out[1] = c10;
	out[2] = c20;
	out[3] = c30;
	out[4] = c01;
	out[5] = c11;
	out[6] = c21;
	out[7] = c31;
#if LANES_COLUMNS == 4
	out[8] = c02;
	out[9] = c12;
	out[10] = c22;
	out[11] = c32;
	out[12] = c03;
	out[13] = c13;
	out[14] = c23;
	out[15] = c33;
#endif
}

#if LANES_COLUMNS == 4
/* A tile on the diagonal: of ten entries only, the lower ones */
LANES_TARGET static inline void
LANES_FN(diagonal_tile) (VEC * out, bool add, const VEC * z, int d, const VEC * l, int n)
{
	VEC			zero = {0};
	VEC			c00 = zero, c10 = zero, c20 = zero, c30 = zero;
	VEC			c11 = zero, c21 = zero, c31 = zero;
	VEC			c22 = zero, c32 = zero, c33 = zero;

	if (add)
	{
		c00 = out[0];
		c10 = out[1];
		c20 = out[2];
		c30 = out[3];
		c11 = out[5];
		c21 = out[6];
		c31 = out[7];
		c22 = out[10];
		c32 = out[11];
		c33 = out[15];
	}
	LANES_SUM_DIAGONAL(+=, z, d)
	LANES_SUM_DIAGONAL(-=, l, n)
	out[0] = c00;
	out[1] = c10;
	out[2] = c20;
	out[3] = c30;
	out[5] = c11;
	out[6] = c21;
	out[7] = c31;
	out[10] = c22;
	out[11] = c32;
	out[15] = c33;
}
#endif

/* A whole tile, of the diagonal the lower triangle at least */
LANES_TARGET static inline void
LANES_FN(any_tile) (VEC * out, bool add, bool diagonal, const VEC * zi, const VEC * zj, int d,
					const VEC * li, const VEC * lj, int n)
{
#if LANES_COLUMNS == 4
	if (diagonal)
	{
		LANES_FN(diagonal_tile) (out, add, zi, d, li, n);
		return;
	}
#endif
	for (int c = 0; c < 4; c += LANES_COLUMNS)
		LANES_FN(tile) (out + 4 * c, add, zi, zj + c, d, li, lj + c, n);
}

/* where tile row t of the packed lower triangle begins */
#define LANES_TILE_ROW(l, t) ((l) + (size_t) 8 * (t) * ((t) + 1))

/* The sums of one panel of `count` observations for the primal system */
LANES_TARGET static void
LANES_FN(accumulate) (int tiles, int count, bool add, const VEC * z, VEC * l)
{
	for (int ti = 0; ti < tiles; ti++)
	{
		const VEC  *zi = z + (size_t) ti * count * 4;

		for (int tj = 0; tj <= ti; tj++)
			LANES_FN(any_tile) (LANES_TILE_ROW(l, ti) + 16 * tj, add, ti == tj, zi,
								z + (size_t) tj * count * 4, count, NULL, NULL, 0);
	}
}

/* r −= Z·start, for the primal system */
LANES_TARGET static void
LANES_FN(subtract_start) (int tiles, int count, const VEC * z, const VEC * start, VEC * r)
{
	for (int t = 0; t < tiles; t++)
	{
		const VEC  *zt = z + (size_t) t * 4 * count;
		const VEC  *s = start + 4 * t;

		for (int k = 0; k < count; k++)
			r[k] -= zt[4 * k] * s[0] + zt[4 * k + 1] * s[1] + zt[4 * k + 2] * s[2] +
				zt[4 * k + 3] * s[3];
	}
}

/* right += Zᵀr, for the primal system */
LANES_TARGET static void
LANES_FN(add_targets) (int tiles, int count, const VEC * z, const VEC * r, VEC * right)
{
	for (int t = 0; t < tiles; t++)
	{
		const VEC  *zt = z + (size_t) t * 4 * count;
		VEC		   *b = right + 4 * t;
		VEC			b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3];

		for (int k = 0; k < count; k++)
		{
			b0 += zt[4 * k] * r[k];
			b1 += zt[4 * k + 1] * r[k];
			b2 += zt[4 * k + 2] * r[k];
			b3 += zt[4 * k + 3] * r[k];
		}
		b[0] = b0;
		b[1] = b1;
		b[2] = b2;
		b[3] = b3;
	}
}

/*
 * Cholesky factor, left-looking, of I + ZZᵀ (each tile is summed, reduced and
 * finished in one go) or, with d = 0, of I + what has been accumulated.
 * inverse[j] is the reciprocal of the j-th pivot.
 */
LANES_TARGET static void
LANES_FN(factor) (int tiles, int d, const VEC * z, VEC * l, VEC * inverse)
{
	for (int ti = 0; ti < tiles; ti++)
	{
		const VEC  *zi = z + (size_t) ti * d * 4;
		VEC		   *li = LANES_TILE_ROW(l, ti);

		for (int tj = 0; tj <= ti; tj++)
		{
			const VEC  *zj = z + (size_t) tj * d * 4;
			const VEC  *lj = LANES_TILE_ROW(l, tj);
			VEC		   *out = li + 16 * tj;
			const VEC  *pivots = lj + 16 * tj;

			LANES_FN(any_tile) (out, d == 0, ti == tj, zi, zj, d, li, lj, 4 * tj);

			for (int j = 0; j < 4; j++)
			{
				int			first = 0;

				for (int k = 0; k < j; k++)
					for (int i = ti == tj ? j : 0; i < 4; i++)
						out[4 * j + i] -= out[4 * k + i] * pivots[4 * k + j];
				if (ti == tj)
				{
					inverse[4 * tj + j] = 1.0f / LANES_FN(sqrt) (1.0f + out[5 * j]);
					first = j + 1;
				}
				for (int i = first; i < 4; i++)
					out[4 * j + i] *= inverse[4 * tj + j];
			}
		}
	}
}

/* Solves in place with the factor: forwards, then backwards. */
LANES_TARGET static void
LANES_FN(substitute) (int tiles, const VEC * l, const VEC * inverse, VEC * r)
{
	for (int t = 0; t < tiles; t++)
	{
		const VEC  *lt = LANES_TILE_ROW(l, t);
		VEC		   *y = r + 4 * t;
		VEC			y0 = y[0], y1 = y[1], y2 = y[2], y3 = y[3];

		for (int k = 0; k < 4 * t; k++)
		{
			y0 -= lt[4 * k] * r[k];
			y1 -= lt[4 * k + 1] * r[k];
			y2 -= lt[4 * k + 2] * r[k];
			y3 -= lt[4 * k + 3] * r[k];
		}
		lt += 16 * t;
		inverse += 4 * t;
		y0 *= inverse[0];
		y1 = (y1 - lt[1] * y0) * inverse[1];
		y2 = (y2 - lt[2] * y0 - lt[6] * y1) * inverse[2];
		y3 = (y3 - lt[3] * y0 - lt[7] * y1 - lt[11] * y2) * inverse[3];
		y[0] = y0;
		y[1] = y1;
		y[2] = y2;
		y[3] = y3;
		inverse -= 4 * t;
	}
	for (int t = tiles - 1; t >= 0; t--)
	{
		const VEC  *lt = LANES_TILE_ROW(l, t);
		const VEC  *pivots = lt + 16 * t;
		VEC		   *y = r + 4 * t;
		VEC			y3 = y[3] * inverse[4 * t + 3];
		VEC			y2 = (y[2] - pivots[11] * y3) * inverse[4 * t + 2];
		VEC			y1 = (y[1] - pivots[6] * y2 - pivots[7] * y3) * inverse[4 * t + 1];
		VEC			y0 = (y[0] - pivots[1] * y1 - pivots[2] * y2 - pivots[3] * y3) * inverse[4 * t];

		y[0] = y0;
		y[1] = y1;
		y[2] = y2;
		y[3] = y3;
		for (int k = 0; k < 4 * t; k++)
			r[k] -= lt[4 * k] * y0 + lt[4 * k + 1] * y1 + lt[4 * k + 2] * y2 + lt[4 * k + 3] * y3;
	}
}

/* sum[f] ← Σ over rows of the tile matrix z (four at a time) of z[f] · alpha */
LANES_TARGET static void
LANES_FN(combine) (int d, int tiles, const VEC * z, const VEC * alpha, VEC * sum)
{
	for (int f = 0; f < d; f++)
	{
		VEC			even = {0};
		VEC			odd = {0};

		for (int t = 0; t < tiles; t++)
		{
			const VEC  *zt = z + ((size_t) t * d + f) * 4;

			even += zt[0] * alpha[4 * t];
			odd += zt[1] * alpha[4 * t + 1];
			even += zt[2] * alpha[4 * t + 2];
			odd += zt[3] * alpha[4 * t + 3];
		}
		sum[f] = even + odd;
	}
}

/* solved ← s·(start + sum), lane by lane; start may be NULL */
LANES_TARGET static void
LANES_FN(scatter) (const RecalLaneBatch *batch, const VEC * start, VEC * sum)
{
	const int	d = batch->d;
	int			f = 0;

	for (int g = 0; start != NULL && g < d; g++)
		sum[g] += start[g];
	for (; f + LANES <= d; f += LANES)
	{
		LANES_FN(transpose) (sum + f);
		for (int u = 0; u < LANES; u++)
			*(LOOSE *) (batch->solved + (size_t) u * d + f) =
				sum[f + u] * *(const LOOSE *) (batch->rows[u].scale + f);
	}
	for (; f < d; f++)
		for (int u = 0; u < LANES; u++)
			batch->solved[(size_t) u * d + f] = ((const float *) (sum + f))[u] * batch->rows[u].scale[f];
}

/* loss of each lane += sign · Σ a·b */
LANES_TARGET static inline void
LANES_FN(add_losses) (const RecalLaneBatch *batch, int n, double sign, const VEC * a, const VEC * b)
{
	for (int j = 0; j < n; j++)
	{
		VEC			product = a[j] * b[j];

		for (int u = 0; u < LANES; u++)
			batch->rows[u].loss += sign * ((const float *) &product)[u];
	}
}

/* The n×n system, n the length of the longest row */
LANES_TARGET static void
LANES_FN(solve_dual) (const RecalLaneBatch *batch)
{
	const int	d = batch->d;
	const int	tiles = (batch->nmax + 3) / 4;
	const bool	has_prior = batch->rows[0].prior != NULL;
	VEC		   *z = (VEC *) batch->work;
	VEC		   *l = z + (size_t) tiles * 4 * d;
	VEC		   *inverse = LANES_TILE_ROW(l, tiles);
	VEC		   *r = inverse + 4 * tiles;
	VEC		   *alpha = r + 4 * tiles;
	VEC		   *start = alpha + 4 * tiles;
	VEC		   *sum = start + d;
	VEC		   *scale = sum + d;

	for (int u = 0; u < LANES; u++)
		batch->rows[u].loss = 0;
	LANES_FN(gather_scale) (batch, scale);
	LANES_FN(gather_rows) (batch, 0, 4 * tiles, true, scale, z, r);
	if (has_prior)
	{
		LANES_FN(gather_start) (batch, scale, start);
		for (int j = 0; j < 4 * tiles; j++)
			for (int f = 0; f < d; f++)
				r[j] -= z[(size_t) (j / 4) * d * 4 + f * 4 + j % 4] * start[f];
	}
	if (tiles > 0)
		LANES_FN(factor) (tiles, d, z, l, inverse);
	for (int j = 0; j < 4 * tiles; j++)
		alpha[j] = r[j];
	LANES_FN(substitute) (tiles, l, inverse, alpha);
	LANES_FN(add_losses) (batch, 4 * tiles, 1, r, alpha);
	LANES_FN(combine) (d, tiles, z, alpha, sum);
	LANES_FN(scatter) (batch, has_prior ? start : NULL, sum);
}

/* The d×d system, summed over panels of observations */
LANES_TARGET static void
LANES_FN(solve_primal) (const RecalLaneBatch *batch)
{
	const int	d = batch->d;
	const int	tiles = (d + 3) / 4;
	const int	panel = RECAL_LANE_PANEL(d);
	const bool	has_prior = batch->rows[0].prior != NULL;
	VEC		   *z = (VEC *) batch->work;
	VEC		   *l = z + (size_t) tiles * 4 * panel;
	VEC		   *inverse = LANES_TILE_ROW(l, tiles);
	VEC		   *r = inverse + 4 * tiles;
	VEC		   *right = r + panel;
	VEC		   *start = right + 4 * tiles;
	VEC		   *sum = start + 4 * tiles;
	VEC		   *scale = sum + 4 * tiles;
	VEC			zero = {0};

	for (int u = 0; u < LANES; u++)
		batch->rows[u].loss = 0;
	LANES_FN(gather_scale) (batch, scale);
	for (int f = 0; f < 4 * tiles; f++)
		right[f] = start[f] = zero;
	if (has_prior)
		LANES_FN(gather_start) (batch, scale, start);

	for (int first = 0; first == 0 || first < batch->nmax; first += panel)
	{
		int			left = batch->nmax - first;
		int			count = left < panel ? left : panel;

		/* the last tile may have rows beyond d */
		if (d % 4 != 0)
			for (int k = 0; k < 4 * count; k++)
				z[(size_t) (tiles - 1) * 4 * count + k] = zero;
		LANES_FN(gather_rows) (batch, first, count, false, scale, z, r);
		if (has_prior)
			LANES_FN(subtract_start) (tiles, count, z, start, r);
		LANES_FN(add_targets) (tiles, count, z, r, right);
		LANES_FN(accumulate) (tiles, count, first > 0, z, l);
		LANES_FN(add_losses) (batch, count, 1, r, r);
	}
	LANES_FN(factor) (tiles, 0, z, l, inverse);
	for (int f = 0; f < 4 * tiles; f++)
		sum[f] = right[f];
	LANES_FN(substitute) (tiles, l, inverse, sum);
	LANES_FN(add_losses) (batch, 4 * tiles, -1, right, sum);
	LANES_FN(scatter) (batch, has_prior ? start : NULL, sum);
}

LANES_TARGET static void
LANES_FN(solve) (const RecalLaneBatch *batch)
{
	if (batch->dual)
		LANES_FN(solve_dual) (batch);
	else
		LANES_FN(solve_primal) (batch);
}

#undef LANES_AHEAD
#undef VEC
#undef LOOSE
#undef LANES_SUM
#undef LANES_SUM_DIAGONAL
#undef LANES_SUM_MORE
#undef LANES_COLUMNS
#undef LANES_TILE_ROW
