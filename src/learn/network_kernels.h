/*
 * network_kernels.h
 *		Body of the network's loops over vectors, included once for each
 *		instruction set.
 *
 * Expects LANES, LANES_FN(name), LANES_TARGET and LANES_SQRT.
 */
#define VEC LANES_FN(NetVec)
#define BITS LANES_FN(NetBits)

typedef float VEC __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef uint32_t BITS __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

#define LOAD(p) (*(const VEC *) (p))
#define STORE(p, v) (*(VEC *) (p) = (v))
#define ALL(x) ((VEC) {} + (x))

/* c ? a : b, for c a comparison */
#define SELECT(c, a, b) ((VEC) (((BITS) (c) & (BITS) (a)) | (~(BITS) (c) & (BITS) (b))))

/* y ← decay · y + weight · x */
LANES_TARGET static void
LANES_FN(decay_add) (int n, float decay, float *y, float weight, const float *x)
{
	int			i = 0;

	for (; i + LANES <= n; i += LANES)
		STORE(y + i, LOAD(y + i) * decay + LOAD(x + i) * weight);
	for (; i < n; i++)
		y[i] = y[i] * decay + x[i] * weight;
}

/* x += bias; returns the largest */
LANES_TARGET static float
LANES_FN(add_max) (int n, float *x, const float *bias)
{
	VEC			most = ALL(-INFINITY);
	float		max = -INFINITY;
	int			i = 0;

	for (; i + LANES <= n; i += LANES)
	{
		VEC			v = LOAD(x + i) + LOAD(bias + i);

		STORE(x + i, v);
		most = SELECT(v > most, v, most);
	}
	for (int u = 0; u < LANES; u++)
		if (most[u] > max)
			max = most[u];
	for (; i < n; i++)
	{
		x[i] += bias[i];
		if (x[i] > max)
			max = x[i];
	}
	return max;
}

/* eˣ for x <= 0, relative error 2e-7 (the polynomial is Cephes') */
LANES_TARGET static inline VEC
LANES_FN(exponential) (VEC x)
{
	const float magic = 12582912.0f;	/* 1.5 · 2²³: adding it rounds */
	VEC			low = ALL(-87.0f);
	VEC			shifted;
	VEC			k;
	VEC			r;
	VEC			p;
	BITS		power;

	x = SELECT(x < low, low, x);
	shifted = x * 1.44269504f + magic;
	k = shifted - magic;
	r = x - k * 0.693359375f;
	r = r + k * 2.12194440e-4f;
	p = r * 1.9875691500e-4f + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * (r * r) + r + 1.0f;
	power = ((BITS) shifted + 127) << 23;
	return p * (VEC) power;
}

/* x ← exp(x - max), the padding to full vectors 0; returns the sum */
LANES_TARGET static float
LANES_FN(exp_sum) (int n, float *x, float max)
{
	VEC			sum = ALL(0.0f);
	float		total = 0;
	int			i = 0;

	for (; i + LANES <= n; i += LANES)
	{
		VEC			v = LANES_FN(exponential) (LOAD(x + i) - max);

		STORE(x + i, v);
		sum += v;
	}
	for (int u = 0; u < LANES; u++)
		total += sum[u];
	for (; i < n; i++)
	{
		VEC			v = LANES_FN(exponential) (ALL(x[i] - max));

		x[i] = v[0];
		total += x[i];
	}
	return total;
}

LANES_TARGET static void
LANES_FN(scale) (int n, float *x, float factor)
{
	int			i = 0;

	for (; i + LANES <= n; i += LANES)
		STORE(x + i, LOAD(x + i) * factor);
	for (; i < n; i++)
		x[i] *= factor;
}

/* 32 random bits for number i, after MurmurHash3's finalizer */
#define HASH(x, key) \
	do { \
		(x) = ((x) ^ (uint32_t) (key)) * UINT32_C(0x9e3779b9) + (uint32_t) ((key) >> 32); \
		(x) ^= (x) >> 16; \
		(x) *= UINT32_C(0x85ebca6b); \
		(x) ^= (x) >> 13; \
		(x) *= UINT32_C(0xc2b2ae35); \
		(x) ^= (x) >> 16; \
	} while (0)

/* Keeps x[i], scaled, where its random number is at least threshold, else 0. */
LANES_TARGET static void
LANES_FN(dropout) (int n, float *x, uint64_t key, uint32_t threshold, float factor)
{
	BITS		number;
	int			i = 0;

	for (int u = 0; u < LANES; u++)
		number[u] = (uint32_t) u;
	for (; i + LANES <= n; i += LANES)
	{
		BITS		h = number + (uint32_t) i;

		HASH(h, key);
		STORE(x + i, SELECT(h >= threshold, LOAD(x + i) * factor, ALL(0.0f)));
	}
	for (; i < n; i++)
	{
		uint32_t	h = (uint32_t) i;

		HASH(h, key);
		x[i] = h >= threshold ? x[i] * factor : 0.0f;
	}
}

/* x ← max(0, x + bias) */
LANES_TARGET static void
LANES_FN(rectify) (int n, float *x, const float *bias)
{
	int			i = 0;

	for (; i + LANES <= n; i += LANES)
	{
		VEC			v = LOAD(x + i) + LOAD(bias + i);

		STORE(x + i, SELECT(v > 0.0f, v, ALL(0.0f)));
	}
	for (; i < n; i++)
	{
		float		v = x[i] + bias[i];

		x[i] = v > 0 ? v : 0.0f;
	}
}

/* g ← factor · g where a > 0, else 0 */
LANES_TARGET static void
LANES_FN(rectify_back) (int n, float *g, const float *a, float factor)
{
	int			i = 0;

	for (; i + LANES <= n; i += LANES)
		STORE(g + i, SELECT(LOAD(a + i) > 0.0f, LOAD(g + i) * factor, ALL(0.0f)));
	for (; i < n; i++)
		g[i] = a[i] > 0 ? g[i] * factor : 0.0f;
}

/* Adam with bias correction folded into rate and epsilon */
LANES_TARGET static void
LANES_FN(adam) (int64_t n, float *p, float *m, float *v, const float *g, float rate,
				float epsilon)
{
	int64_t		i = 0;

	for (; i + LANES <= n; i += LANES)
	{
		VEC			gradient = LOAD(g + i);
		VEC			mean = LOAD(m + i) * 0.9f + gradient * 0.1f;
		VEC			square = LOAD(v + i) * 0.999f + gradient * gradient * 0.001f;

		STORE(m + i, mean);
		STORE(v + i, square);
		STORE(p + i, LOAD(p + i) - mean * rate / (LANES_SQRT(square) + epsilon));
	}
	for (; i < n; i++)
	{
		m[i] = m[i] * 0.9f + g[i] * 0.1f;
		v[i] = v[i] * 0.999f + g[i] * g[i] * 0.001f;
		p[i] -= m[i] * rate / (sqrtf(v[i]) + epsilon);
	}
}

static const RecalNetKernels LANES_FN(kernels) = {
	LANES_FN(decay_add),
	LANES_FN(add_max),
	LANES_FN(exp_sum),
	LANES_FN(scale),
	LANES_FN(dropout),
	LANES_FN(rectify),
	LANES_FN(rectify_back),
	LANES_FN(adam)
};

#undef VEC
#undef BITS
#undef LOAD
#undef STORE
#undef ALL
#undef SELECT
#undef HASH
