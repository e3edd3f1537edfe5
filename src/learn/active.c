/*
 * active.c
 *		Which items to ask a user about.
 */
#include <math.h>
#include <string.h>

#include "recal_active.h"
#include "recal_blas.h"
#include "recal_ranking.h"
#include "recal_rng.h"

#define TILE		128			/* items at a time */
#define MEMBERS		16			/* of a committee */
#define PAGE		10			/* whose last score is the boundary between like and not */
#define SPREAD		1e-3f		/* weight of the members' spread, which breaks ties of votes */

/* of an answer's noise that is left for "diverse" */
#define DIVERSE_NOISE .01f

#define SMALLEST_CHANCE 1e-3f
#define SMALLEST_VARIANCE 1e-12f

/* streams of random numbers */
#define STREAM_RANDOM	0x61736b72616e
#define STREAM_DRAW		0x61736b647261
#define STREAM_EXPLORE	0x61736b657870
#define STREAM_LUCK		0x61736b6c7563

const char *const recal_strategy_names[RECAL_NSTRATEGIES] = {
	"uncertainty", "variance_reduction", "margin", "entropy", "interest", "thompson",
	"popularity", "popularity_entropy", "committee", "diverse", "random"
};

int
recal_strategy_find(const char *name)
{
	for (int i = 0; i < RECAL_NSTRATEGIES; i++)
		if (strcmp(recal_strategy_names[i], name) == 0)
			return i;
	return -1;
}

typedef struct Candidate
{
	float		gain;
	int32_t		place;
	int32_t		stamp;			/* picks that the gain takes into account */
} Candidate;

/* One user's questions being picked. */
typedef struct Picking
{
	const RecalQuestionPool *pool;
	const RecalQuestionUser *user;
	const bool *excluded;
	const RecalQuestionOptions *options;
	RecalStrategy strategy;
	RecalPoll	poll;
	void	   *arg;
	float		like;
	RecalPick  *picks;
	int			npicks;

	Candidate  *heap;			/* [n], the best at the root */
	int64_t		ncandidates;
	float	   *root;			/* [nroot × width] with the picks taken off */
	float	   *targets;		/* [nroot × width] root · target_root */
	float	   *tile;			/* [TILE × width] rows */
	float	   *projected;		/* [TILE × max(nroot, MEMBERS)] */
	float	   *reduced;		/* [TILE × width] */
	float	   *draws;			/* [MEMBERS × width] */
	float	   *back;			/* [width] */
} Picking;

static inline int64_t
aligned(int64_t floats)
{
	return (floats + 15) / 16 * 16;
}

static inline int64_t
candidate_floats(const RecalQuestionPool *pool)
{
	return aligned(pool->n * (int64_t) (sizeof(Candidate) / sizeof(float)));
}

static inline int
larger(int a, int b)
{
	return a > b ? a : b;
}

int64_t
recal_questions_work_size(const RecalQuestionPool *pool, int nroot)
{
	const int64_t width = pool->width;

	return candidate_floats(pool) + 2 * aligned(nroot * width) + 2 * aligned(TILE * width) +
		aligned((int64_t) TILE * larger(nroot, MEMBERS)) + aligned(MEMBERS * width) +
		aligned(width);
}

static void
bind_work(Picking *p, float *work)
{
	const int64_t width = p->pool->width;
	const int	nroot = p->user->nroot;

	p->heap = (Candidate *) work;
	p->root = work + candidate_floats(p->pool);
	p->targets = p->root + aligned(nroot * width);
	p->tile = p->targets + aligned(nroot * width);
	p->reduced = p->tile + aligned(TILE * width);
	p->projected = p->reduced + aligned(TILE * width);
	p->draws = p->projected + aligned((int64_t) TILE * larger(nroot, MEMBERS));
	p->back = p->draws + aligned(MEMBERS * width);
}

/*
 * Gains.
 */
static inline double
normal_cdf(double z)
{
	return 0.5 * erfc(-z * M_SQRT1_2);
}

float
recal_answer_entropy(double z)
{
	double		p = normal_cdf(z);
	double		q = normal_cdf(-z);
	double		entropy = 0;

	if (p > 0)
		entropy -= p * log2(p);
	if (q > 0)
		entropy -= q * log2(q);
	return (float) entropy;
}

static inline const float *
row_of(const Picking *p, int64_t place)
{
	return p->pool->rows + place * p->pool->width;
}

static inline float
part_of(const Picking *p, int64_t place)
{
	return p->user->parts != NULL ? p->user->parts[place] : 0.0f;
}

/* A gain times the chance of an answer; a bad one is not better for having little chance */
static inline float
weigh(const Picking *p, int64_t place, float gain)
{
	float		chance;

	if (p->pool->answerable == NULL)
		return gain;
	chance = fmaxf(p->pool->answerable[place], SMALLEST_CHANCE);
	return gain >= 0 ? gain * chance : gain / chance;
}

static inline float
uncertainty_of(const Picking *p, int64_t place, float variance)
{
	return sqrtf(fmaxf(variance + part_of(p, place), 0.0f));
}

static float
squares(int n, const float *x)
{
	return recal_dot(n, x, x);
}

static inline float
noise_of(const Picking *p, int64_t place)
{
	float		noise = p->pool->noise[place];

	return p->strategy == RECAL_STRATEGY_DIVERSE ? DIVERSE_NOISE * noise : noise;
}

/* What an answer tells of a user, in bits */
static inline float
information(const Picking *p, int64_t place, float variance)
{
	return 0.5f * (float) M_LOG2E * log1pf(variance / noise_of(p, place));
}

/*
 * An item's variance, from projected [nroot] = R y; of variance_reduction what an
 * answer takes off, from reduced [width] = Lᵀ S y, unless that is NULL.
 */
static float
gain_of(const Picking *p, int64_t place, const float *projected, const float *reduced)
{
	const RecalQuestionPool *pool = p->pool;
	float		variance = squares(p->user->nroot, projected);
	float		u = uncertainty_of(p, place, variance);
	float		gain;

	if (u < p->options->threshold)
		return -INFINITY;
	if (p->strategy == RECAL_STRATEGY_VARIANCE_REDUCTION)
		gain = squares(pool->width, reduced) / (pool->noise[place] + variance);
	else if (p->strategy == RECAL_STRATEGY_ENTROPY)
		gain = recal_answer_entropy((recal_dot(pool->width, p->user->vector, row_of(p, place)) -
									 p->like) / sqrt((double) u * u + pool->noise[place]));
	else
		gain = information(p, place, variance);
	return weigh(p, place, gain);
}

/* whether gains are made of what the user's covariance says */
static inline bool
by_variance(RecalStrategy strategy)
{
	return strategy == RECAL_STRATEGY_UNCERTAINTY || strategy == RECAL_STRATEGY_DIVERSE ||
		strategy == RECAL_STRATEGY_VARIANCE_REDUCTION || strategy == RECAL_STRATEGY_ENTROPY;
}

/* whether a pick changes the gains of others */
static inline bool
is_greedy(RecalStrategy strategy)
{
	return by_variance(strategy) && strategy != RECAL_STRATEGY_ENTROPY;
}

/* [n × nroot] R y and, of variance_reduction, [n × width] of rows [n × width] */
static void
project(const Picking *p, int n, const float *rows)
{
	const int	width = p->pool->width;
	const int	nroot = p->user->nroot;

	recal_gemm_nt(n, nroot, width, 1.0f, rows, width, p->root, width, 0.0f, p->projected, nroot);
	if (p->strategy == RECAL_STRATEGY_VARIANCE_REDUCTION)
		recal_gemm(n, width, nroot, 1.0f, p->projected, nroot, p->targets, width, 0.0f,
				   p->reduced, width);
}

static void
add_candidate(Picking *p, int64_t place, float gain)
{
	/* the gain of a draw is another one for each pick */
	if (gain == -INFINITY ||
		(gain < p->options->floor && p->strategy != RECAL_STRATEGY_THOMPSON))
		return;
	p->heap[p->ncandidates++] = (Candidate) {gain, (int32_t) place, 0};
}

/* Candidates of the items at places [n], by their variance */
static void
add_by_variance(Picking *p, int n, const int32_t *places)
{
	const int	width = p->pool->width;

	for (int i = 0; i < n; i++)
		memcpy(p->tile + (int64_t) i * width, row_of(p, places[i]), sizeof(float) * width);
	project(p, n, p->tile);
	for (int i = 0; i < n; i++)
		add_candidate(p, places[i],
					  gain_of(p, places[i], p->projected + (int64_t) i * p->user->nroot,
							  p->reduced + (int64_t) i * width));
}

/* Whether an item can reach threshold and floor, by the bound of its variance */
static bool
may_reach(const Picking *p, int64_t place)
{
	float		most;

	if (p->user->bounds == NULL ||
		(p->strategy != RECAL_STRATEGY_UNCERTAINTY && p->strategy != RECAL_STRATEGY_DIVERSE))
		return true;
	most = p->user->bounds[place];
	if (most < p->options->threshold * p->options->threshold)
		return false;
	return p->options->floor <= 0 ||
		weigh(p, place, information(p, place, fmaxf(most - part_of(p, place), 0.0f))) >=
		p->options->floor;
}

static void
collect_by_variance(Picking *p)
{
	int32_t		places[TILE];
	int			n = 0;

	for (int64_t i = 0; i < p->pool->n; i++)
	{
		if ((p->excluded != NULL && p->excluded[i]) || !may_reach(p, i))
			continue;
		places[n++] = (int32_t) i;
		if (n < TILE)
			continue;
		if (p->poll != NULL)
			p->poll(p->arg);
		add_by_variance(p, n, places);
		n = 0;
	}
	if (n > 0)
		add_by_variance(p, n, places);
}

/* x̃ ~ N(x, S) of draw number `number` */
static void
draw(const Picking *p, uint64_t number, float *out)
{
	const int	width = p->pool->width;

	memcpy(out, p->user->vector, sizeof(float) * width);
	for (int r = 0; r < p->user->nroot; r++)
	{
		float		normal = (float) recal_rng_normal(p->options->seed ^ p->user->key, STREAM_DRAW,
													  number * (uint64_t) p->user->nroot + r);

		for (int k = 0; k < width; k++)
			out[k] += normal * p->root[(int64_t) r * width + k];
	}
}

/* Votes of the committee on each of n rows, from scores [n × MEMBERS] */
static float
vote_entropy(const Picking *p, const float *scores)
{
	double		mean = 0;
	double		moment = 0;
	double		share = 0;
	double		entropy = 0;

	for (int m = 0; m < MEMBERS; m++)
	{
		mean += scores[m];
		moment += (double) scores[m] * scores[m];
		share += scores[m] >= p->like;
	}
	mean /= MEMBERS;
	share /= MEMBERS;
	if (share > 0 && share < 1)
		entropy = -share * log2(share) - (1 - share) * log2(1 - share);
	return (float) entropy + SPREAD * (float) sqrt(fmax(moment / MEMBERS - mean * mean, 0));
}

static float
static_gain(const Picking *p, int64_t place, const float *scores)
{
	const RecalQuestionPool *pool = p->pool;

	switch (p->strategy)
	{
		case RECAL_STRATEGY_MARGIN:
			return weigh(p, place,
						 2 * (float) normal_cdf(-fabs((double) *scores - p->like) /
												sqrt(pool->noise[place])));
		case RECAL_STRATEGY_COMMITTEE:
			return weigh(p, place, vote_entropy(p, scores));
		case RECAL_STRATEGY_POPULARITY:
			return pool->popularity[place];
		case RECAL_STRATEGY_POPULARITY_ENTROPY:
			return pool->popularity_entropy[place];
		case RECAL_STRATEGY_RANDOM:
			return (float) recal_rng_uniform(p->options->seed ^ p->user->key, STREAM_RANDOM,
											 (uint64_t) place);
		default:
			return weigh(p, place, *scores);
	}
}

/* Scores [n × nvectors] of a tile, by vectors [nvectors × width] */
static void
score_tile(const Picking *p, int64_t first, int n, const float *vectors, int nvectors, float *out)
{
	const int	width = p->pool->width;

	if (p->poll != NULL)
		p->poll(p->arg);
	if (nvectors == 1)
		recal_gemv(n, width, row_of(p, first), width, vectors, out);
	else
		recal_gemm_nt(n, nvectors, width, 1.0f, row_of(p, first), width, vectors, width, 0.0f,
					  out, nvectors);
}

static inline int
tile_at(const Picking *p, int64_t first)
{
	return p->pool->n - first < TILE ? (int) (p->pool->n - first) : TILE;
}

/* Strategies that do not look at variances */
static void
collect_by_score(Picking *p)
{
	const bool	scored = p->strategy == RECAL_STRATEGY_MARGIN ||
		p->strategy == RECAL_STRATEGY_INTEREST;
	const bool	drawn = p->strategy == RECAL_STRATEGY_COMMITTEE ||
		p->strategy == RECAL_STRATEGY_THOMPSON;
	const int	nvectors = p->strategy == RECAL_STRATEGY_COMMITTEE ? MEMBERS : 1;

	for (int m = 0; drawn && m < nvectors; m++)
		draw(p, (uint64_t) m, p->draws + (int64_t) m * p->pool->width);
	for (int64_t first = 0; first < p->pool->n; first += TILE)
	{
		const int	n = tile_at(p, first);

		if (scored || drawn)
			score_tile(p, first, n, drawn ? p->draws : p->user->vector, nvectors, p->projected);
		for (int i = 0; i < n; i++)
			if (p->excluded == NULL || !p->excluded[first + i])
				add_candidate(p, first + i, static_gain(p, first + i, p->projected + i * nvectors));
	}
}

/* The tenth best score of what could be asked about */
static float
page_boundary(Picking *p)
{
	RecalScored page[PAGE];
	int			size = 0;

	for (int64_t first = 0; first < p->pool->n; first += TILE)
	{
		const int	n = tile_at(p, first);

		score_tile(p, first, n, p->user->vector, 1, p->projected);
		for (int i = 0; p->excluded != NULL && i < n; i++)
			if (p->excluded[first + i])
				p->projected[i] = -INFINITY;
		recal_topk_push_block(page, &size, PAGE, p->projected, n, (int32_t) first);
	}
	recal_topk_sort(page, size);
	return size > 0 ? page[size - 1].score : 0.0f;
}

/*
 * The heap.
 */
static inline bool
is_before(const Candidate *a, const Candidate *b)
{
	return a->gain > b->gain || (a->gain == b->gain && a->place < b->place);
}

static void
sift_down(Candidate *heap, int64_t n, int64_t i)
{
	Candidate	entry = heap[i];

	for (;;)
	{
		int64_t		child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && is_before(&heap[child + 1], &heap[child]))
			child++;
		if (!is_before(&heap[child], &entry))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = entry;
}

static void
heapify(Picking *p)
{
	for (int64_t i = p->ncandidates / 2 - 1; i >= 0; i--)
		sift_down(p->heap, p->ncandidates, i);
}

static void
remove_root(Picking *p)
{
	p->heap[0] = p->heap[--p->ncandidates];
	if (p->ncandidates > 0)
		sift_down(p->heap, p->ncandidates, 0);
}

/*
 * Picks.
 */

/* S loses what an answer about row y will take off: R ← (I - κ aaᵀ) R, a = Ry (Potter 1963) */
static void
take_off(Picking *p, int64_t place, const float *projected)
{
	const int	width = p->pool->width;
	const int	nroot = p->user->nroot;
	float		variance = squares(nroot, projected);
	float		noise = noise_of(p, place);
	float		factor;

	if (variance < SMALLEST_VARIANCE)
		return;
	factor = (1 - sqrtf(noise / (noise + variance))) / variance;
	for (int matrix = 0; matrix < 2; matrix++)
	{
		float	   *root = matrix == 0 ? p->root : p->targets;

		if (matrix == 1 && p->strategy != RECAL_STRATEGY_VARIANCE_REDUCTION)
			break;
		memset(p->back, 0, sizeof(float) * width);
		recal_gemv_t(nroot, width, root, width, projected, p->back);
		for (int r = 0; r < nroot; r++)
			for (int k = 0; k < width; k++)
				root[(int64_t) r * width + k] -= factor * projected[r] * p->back[k];
	}
}

/* Picks an item; false when it is not uncertain enough. */
static bool
pick(Picking *p, int64_t place, float gain, bool explored)
{
	const float *row = row_of(p, place);
	float		u;

	project(p, 1, row);
	u = uncertainty_of(p, place, squares(p->user->nroot, p->projected));
	if (u < p->options->threshold)
		return false;
	p->picks[p->npicks++] = (RecalPick)
	{
		(int32_t) place, recal_dot(p->pool->width, p->user->vector, row), u, gain, explored
	};
	take_off(p, place, p->projected);
	return true;
}

/* Picks the best candidate; false when there is none left. */
static bool
pick_best(Picking *p)
{
	while (p->ncandidates > 0)
	{
		Candidate	best = p->heap[0];

		if (is_greedy(p->strategy) && best.stamp < p->npicks)
		{
			/* what it gains now is no more: it keeps its place, or falls */
			project(p, 1, row_of(p, best.place));
			p->heap[0].gain = gain_of(p, best.place, p->projected, p->reduced);
			p->heap[0].stamp = p->npicks;
			if (p->heap[0].gain == -INFINITY || p->heap[0].gain < p->options->floor)
				remove_root(p);
			else
				sift_down(p->heap, p->ncandidates, 0);
			continue;
		}
		remove_root(p);
		if (pick(p, best.place, best.gain, false))
			return true;
	}
	return false;
}

/* Picks any candidate; false when there is none left. */
static bool
pick_any(Picking *p)
{
	uint64_t	tries = 0;

	while (p->ncandidates > 0)
	{
		uint64_t	bits = recal_rng_bits(p->options->seed ^ p->user->key, STREAM_LUCK,
										  ((uint64_t) p->npicks << 32) + tries++);
		int64_t		at = (int64_t) (bits % (uint64_t) p->ncandidates);
		Candidate	lucky = p->heap[at];

		p->heap[at] = p->heap[--p->ncandidates];
		if (pick(p, lucky.place, lucky.gain, true))
		{
			heapify(p);
			return true;
		}
	}
	return false;
}

/* The best item by a draw of its own; false when there is none left. */
static bool
pick_drawn(Picking *p)
{
	float	   *scores = p->projected;

	draw(p, (uint64_t) p->npicks, p->draws);
	for (int64_t c = 0; c < p->ncandidates; c++)
	{
		int64_t		place = p->heap[c].place;

		if ((c & 0xFFFF) == 0 && p->poll != NULL)
			p->poll(p->arg);
		scores[0] = recal_dot(p->pool->width, p->draws, row_of(p, place));
		p->heap[c].gain = weigh(p, place, scores[0]);
	}
	heapify(p);
	return pick_best(p);
}

static void
collect(Picking *p)
{
	const RecalStrategy strategy = p->strategy;
	const int	width = p->pool->width;

	p->like = p->options->like;
	if (isnan(p->like) && (strategy == RECAL_STRATEGY_MARGIN || strategy == RECAL_STRATEGY_ENTROPY ||
						   strategy == RECAL_STRATEGY_COMMITTEE))
		p->like = page_boundary(p);
	memcpy(p->root, p->user->root, sizeof(float) * p->user->nroot * width);
	if (strategy == RECAL_STRATEGY_VARIANCE_REDUCTION)
		recal_gemm(p->user->nroot, width, width, 1.0f, p->root, width, p->pool->target_root,
				   width, 0.0f, p->targets, width);
	if (by_variance(strategy))
		collect_by_variance(p);
	else
		collect_by_score(p);
	heapify(p);
}

int
recal_questions_pick(const RecalQuestionPool *pool, const RecalQuestionUser *user,
					 const bool *excluded, const RecalQuestionOptions *options,
					 RecalPick *picks, float *work, RecalPoll poll, void *arg)
{
	Picking		p = {.pool = pool, .user = user, .excluded = excluded, .options = options};

	p.strategy = options->strategy;
	p.poll = poll;
	p.arg = arg;
	p.picks = picks;
	bind_work(&p, work);
	collect(&p);
	while (p.npicks < options->n)
	{
		bool		explore = options->explore > 0 &&
			recal_rng_uniform(options->seed ^ user->key, STREAM_EXPLORE,
							  (uint64_t) p.npicks) < options->explore;
		bool		found;

		if (poll != NULL)
			poll(arg);
		if (explore)
			found = pick_any(&p);
		else if (p.strategy == RECAL_STRATEGY_THOMPSON)
			found = pick_drawn(&p);
		else
			found = pick_best(&p);
		if (!found)
			break;
	}
	return p.npicks;
}
