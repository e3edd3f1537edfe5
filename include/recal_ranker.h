/*
 * recal_ranker.h
 *		The ranker: a small network that puts candidates in order by some two dozen
 *		numbers about a user, an item and the moment.
 *
 * Nothing here is a vector of the model it was trained beside, so the factors
 * can be fitted anew while the ranker stays. What it knows beyond the scores of
 * factorization and network is in the counters: what is in demand now, what
 * follows what, and what goes together.
 *
 * Rows are what users took to: dislikes are none. An item that a user has had is
 * nothing to predict.
 *
 * Order of calls. Training, over rows in order of time:
 *
 *		recal_rank_choose_targets		each user's last rows
 *		a factorization of the rows that are no targets, and for each target the
 *		user's vector folded in from the rows before it
 *		recal_counters_plan, _init		over the counts of all rows
 *		recal_rank_pass_start, recal_rank_view_bind, recal_rank_build, which walks
 *		along all rows
 *		recal_rank_train
 *		stored: the counters' memory, the tastes, and the net
 *
 * Serving:
 *
 *		recal_counters_check, _bind		what was stored
 *		for each row since: recal_taste_add, then recal_counters_add
 *		recal_rank_view_user			who is asking, and when
 *		recal_rank_pool					candidates
 *		recal_rank_features, recal_rank_score
 */
#ifndef RECAL_RANKER_H
#define RECAL_RANKER_H

#include "recal_content.h"
#include "recal_ranking.h"
#include "recal_sparse.h"

/*
 * Counters.
 */
#define RECAL_RANK_HALVES	3	/* decayed counts */
#define RECAL_RANK_RECENT	20	/* newest items of a user that are looked at */

/* their half-lives, as shares of the number of rows at training */
extern const double recal_rank_halves[RECAL_RANK_HALVES];

typedef struct RecalCountersHead
{
	int64_t		nitems;
	int64_t		slots;			/* of neighbours */
	int64_t		rows;			/* counted so far */
	double		halves[RECAL_RANK_HALVES];	/* half-lives, in rows */
	double		unit;			/* of time: seconds between rows at training, on the average */
} RecalCountersHead;

typedef struct RecalCountedItem
{
	double		first;			/* times of the first and the last row */
	double		last;
	int64_t		at;				/* rows counted when decayed was right */
	int32_t		count;
	float		decayed[RECAL_RANK_HALVES];
} RecalCountedItem;

/*
 * All lies in one piece of memory without addresses, head first. An item's
 * neighbours take the slots from offsets[item] on; those in use come first.
 * When they are full, a new one takes the place of the one with the fewest
 * meetings, and of those of the one that came first.
 */
typedef struct RecalCounters
{
	RecalCountersHead *head;
	RecalCountedItem *items;	/* [nitems] */
	int64_t    *offsets;		/* [nitems + 1] */
	int32_t    *neighbours;		/* [slots], -1: free */
	float	   *together;		/* [slots] rows of either within RECAL_RANK_RECENT of the other */
	float	   *after;			/* [slots] rows of the neighbour right after the item */
} RecalCounters;

/* neighbours of an item, at most */
#define RECAL_RANK_NEIGHBOURS	256

/*
 * How many slots each item gets: as many as its rows could fill, a few more for
 * rows to come, but so few at most that all have no more than max_slots (or
 * RECAL_RANK_LEAST_NEIGHBOURS each). counts [nitems] of rows. offsets [nitems +
 * 1]; returns their number.
 */
#define RECAL_RANK_LEAST_NEIGHBOURS 8
extern int64_t recal_counters_plan(int64_t nitems, const int64_t *counts, int64_t max_slots,
								   int64_t *offsets);
extern int64_t recal_counters_bytes(int64_t nitems, int64_t slots);

/* Empty counters; rows are those at training, from time first to time last. */
extern void recal_counters_init(RecalCounters *c, int64_t nitems, const int64_t *offsets,
								int64_t rows, double first, double last, void *memory);

/* NULL, or what is wrong with counters that were stored */
extern const char *recal_counters_check(const void *memory, int64_t bytes, int64_t nitems);
extern void recal_counters_bind(RecalCounters *c, void *memory);

/*
 * Counts a row. before: the user's newest items before it, newest first; those
 * beyond RECAL_RANK_RECENT are ignored. Rows should come in order of time.
 */
extern void recal_counters_add(RecalCounters *c, int32_t item, double time, int nbefore,
							   const int32_t *before);

/* An item's decayed count as of now */
extern float recal_counters_decayed(const RecalCounters *c, int32_t item, int half);

/* The n items of the largest decayed counts, best first; returns how many there are. */
extern int	recal_counters_recent(const RecalCounters *c, int half, int n, RecalScored *best,
								  RecalPoll poll, void *arg);

/*
 * What a user takes to: decayed means, over the user's rows, of the features
 * count, age and idle of the item just before the row.
 */
typedef struct RecalTaste
{
	float		weight;
	float		count;
	float		age;
	float		idle;
} RecalTaste;

/* Before the row is counted. All zeros are a user without rows. */
extern void recal_taste_add(RecalTaste *taste, const RecalCounters *c, int32_t item, double time);

/*
 * Features.
 *
 * L(t) = log(1 + t / unit) of a time span t >= 0. n_i: rows of the item, N: rows
 * so far, W_h: the sum of the weights of all rows so far at half-life h. An
 * item without rows has age and idle 0.
 */
typedef enum RecalRankFeature
{
	RECAL_RANK_FACTORS,			/* x·y */
	RECAL_RANK_NETWORK,			/* z·o + b, 0 without a network */
	RECAL_RANK_SHORT_TERM,		/* r·y, r = Σ .7^k y_k / Σ .7^k over the last 10 */
	RECAL_RANK_COSINE,			/* largest cosine of y to the last 5; 0 without any */
	RECAL_RANK_COUNT,			/* log(1 + n_i) */
	RECAL_RANK_AGE,				/* L(now - first row of the item) */
	RECAL_RANK_IDLE,			/* L(now - last row of the item) */
	RECAL_RANK_DECAYED,			/* three: log(1 + 10 c_h) */
	RECAL_RANK_TREND = RECAL_RANK_DECAYED + RECAL_RANK_HALVES,	/* three: log((c_h + .5) / (n_i W_h
																 * / N + .5)) */
	RECAL_RANK_HISTORY = RECAL_RANK_TREND + RECAL_RANK_HALVES,	/* log(1 + rows of the user) */
	RECAL_RANK_USER_IDLE,		/* L(now - last row of the user) */
	RECAL_RANK_TASTE_COUNT,		/* the taste's means */
	RECAL_RANK_TASTE_AGE,
	RECAL_RANK_TASTE_IDLE,
	RECAL_RANK_CONTENT,			/* cosine of the item's content to that of the last 20; 0 without */
	RECAL_RANK_CONTENT_LAST,	/* cosine of the item's content to the last item's; 0 without */
	RECAL_RANK_AFTER,			/* log(1 + 100 t), t: of the last item, normalised */
	RECAL_RANK_AFTER_RECENT,	/* the same of Σ .7^k t_k over the last 5 */
	RECAL_RANK_TOGETHER,		/* log(1 + 100 m), m: meetings with the last item, normalised */
	RECAL_RANK_TOGETHER_RECENT, /* the same of Σ m_k over the last 20 */
	RECAL_RANK_NFEATURES
} RecalRankFeature;

/* counts of two items are normalised by √((n_a + 3) (n_b + 3)) */

typedef struct RecalRankUser
{
	int64_t		nrows;
	double		last_time;		/* of the newest row */
	int			nrecent;		/* at most RECAL_RANK_RECENT */
	int32_t		recent[RECAL_RANK_RECENT];	/* newest first */
	RecalTaste	taste;
	const float *vector;		/* [d] x; NULL: scores of 0 */
} RecalRankUser;

#define RECAL_RANK_SHORT	10	/* newest items whose factors are needed */
#define RECAL_RANK_CLOSE	5

/* A user at a moment. Its memory is clean between two users. */
typedef struct RecalRankView
{
	const RecalCounters *counters;
	int			d;
	double		now;
	double		windows[RECAL_RANK_HALVES]; /* W_h / N */
	RecalRankUser user;
	float	   *sums[4];		/* [nitems] features from AFTER on, before the logarithm and without
								 * the item's √(n + 3) */
	int32_t    *touched;		/* [RECAL_RANK_RECENT × RECAL_RANK_NEIGHBOURS] items with a sum */
	int			ntouched;
	float	   *short_term;		/* [d] r */
	float	   *close;			/* [RECAL_RANK_CLOSE × d] unit vectors of the newest */
} RecalRankView;

extern int64_t recal_rank_view_bytes(int64_t nitems, int d);
extern void recal_rank_view_bind(RecalRankView *view, const RecalCounters *c, int d, void *memory);

/* recent_vectors: factors [min(nrecent, RECAL_RANK_SHORT) × d] of the newest items */
extern void recal_rank_view_user(RecalRankView *view, const RecalRankUser *user, double now,
								 const float *recent_vectors);

/*
 * features [n × RECAL_RANK_NFEATURES] of items [n], -1 for one that is not
 * counted, whose factors are gathered in vectors [n × d]. network: scores [n] or
 * NULL; overlaps: [n × 2] of content with the profile and with the last item, or NULL.
 */
extern void recal_rank_features(const RecalRankView *view, int64_t n, const int32_t *items,
								const float *vectors, const float *network,
								const float *overlaps, float *features);

/*
 * overlaps [n × 2] of items' content with that of the user's newest items, whose
 * rows are taken as of length 1, and with that of the last one; 0 of an item -1.
 * dense: [width] of workspace, all zeros before and after.
 */
extern void recal_rank_overlaps(const RecalFeatureRows *content, int nrecent,
								const int32_t *recent, int64_t n, const int32_t *items,
								float *dense, float *overlaps);

/*
 * Items' content in one piece of memory without addresses, as counters are; bind
 * points rows at it. check: NULL, or what is wrong with what was stored.
 */
extern int64_t recal_rank_content_bytes(const RecalFeatureRows *content);
extern void recal_rank_content_copy(const RecalFeatureRows *content, void *memory);
extern const char *recal_rank_content_check(const void *memory, int64_t bytes, int64_t nitems);
extern void recal_rank_content_bind(RecalFeatureRows *content, void *memory);

/* Candidates from each source, at most */
#define RECAL_RANK_POOL_FACTORS		300
#define RECAL_RANK_POOL_TOGETHER	100
#define RECAL_RANK_POOL_AFTER		100
#define RECAL_RANK_POOL_RECENT		100
#define RECAL_RANK_POOL_HALF		1	/* whose decayed counts say what is in demand */
#define RECAL_RANK_POOL (RECAL_RANK_POOL_FACTORS + RECAL_RANK_POOL_TOGETHER + \
						 RECAL_RANK_POOL_AFTER + RECAL_RANK_POOL_RECENT)

/*
 * Candidates without those excluded [nitems] (NULL: none), each once: the best by
 * the factors' scores, those that go with or come after the user's newest
 * items, and what is in demand. best [nbest], recent [nrecent]: given, best
 * first, the latter from recal_counters_recent. pool [RECAL_RANK_POOL], ascending.
 */
extern int	recal_rank_pool(RecalRankView *view, int nbest, const RecalScored *best, int nrecent,
							const RecalScored *recent, const bool *excluded, int32_t *pool);

/*
 * The net: features, standardized and clipped, through two layers with rectifiers
 * to one number, to which gain · (standardized x·y) is added.
 */
#define RECAL_RANK_HIDDEN1	64
#define RECAL_RANK_HIDDEN2	32
#define RECAL_RANK_CLIP		6.0f

typedef struct RecalRankNet
{
	float		means[RECAL_RANK_NFEATURES];
	float		scales[RECAL_RANK_NFEATURES];	/* 1 / standard deviation; 0 where there is none */
	float		weights1[RECAL_RANK_NFEATURES * RECAL_RANK_HIDDEN1];	/* [in × out] */
	float		bias1[RECAL_RANK_HIDDEN1];
	float		weights2[RECAL_RANK_HIDDEN1 * RECAL_RANK_HIDDEN2];
	float		bias2[RECAL_RANK_HIDDEN2];
	float		weights3[RECAL_RANK_HIDDEN2];
	float		gain;
} RecalRankNet;

/* floats from weights1 on, which are learned */
#define RECAL_RANK_NPARAMETERS \
	((sizeof(RecalRankNet) - 2 * RECAL_RANK_NFEATURES * sizeof(float)) / sizeof(float))

/* NULL, or what is wrong with a net that was stored */
extern const char *recal_rank_net_check(const RecalRankNet *net);

/* Whether it reads overlaps of content: it has seen some that differ. */
static inline bool
recal_rank_net_reads_content(const RecalRankNet *net)
{
	return net->scales[RECAL_RANK_CONTENT] != 0 || net->scales[RECAL_RANK_CONTENT_LAST] != 0;
}

/* scores [n] of features [n × RECAL_RANK_NFEATURES]; work: recal_rank_score_work_size(n) floats */
extern int64_t recal_rank_score_work_size(int64_t n);
extern void recal_rank_score(const RecalRankNet *net, int64_t n, const float *features,
							 float *scores, float *work);

/*
 * contributions [RECAL_RANK_NFEATURES] of the features of one item to its score,
 * by integrated gradients from where all features are their means. Returns the score
 * there; with it they add up to the score.
 */
extern float recal_rank_explain(const RecalRankNet *net, const float *features,
								float *contributions);

/*
 * Rows in order of time, and the walk along them.
 */
typedef struct RecalRankRows
{
	int64_t		n;
	int64_t		nusers;
	int64_t		nitems;
	const int32_t *users;
	const int32_t *items;
	const double *times;
} RecalRankRows;

typedef struct RecalRankPass
{
	const RecalRankRows *rows;
	RecalCounters *counters;
	int64_t		at;				/* rows counted */
	int64_t    *previous;		/* [n] the user's row before, or -1 */
	int64_t    *newest;			/* [nusers] the user's newest row so far, or -1 */
	int64_t    *lengths;		/* [nusers] rows so far */
	RecalTaste *tastes;			/* [nusers] */
} RecalRankPass;

extern int64_t recal_rank_pass_bytes(const RecalRankRows *rows);
extern void recal_rank_pass_start(RecalRankPass *pass, const RecalRankRows *rows,
								  RecalCounters *counters, void *memory);

/* Counts the next row. */
extern void recal_rank_pass_step(RecalRankPass *pass);

/* What is known about a user at this point; vector is left NULL. */
extern void recal_rank_pass_user(const RecalRankPass *pass, int32_t user, RecalRankUser *state);

/* Sets (or clears) flags [nitems] of the items that the user has; returns their number. */
extern int64_t recal_rank_pass_seen(const RecalRankPass *pass, int32_t user, bool value,
									bool *flags);

/*
 * Examples.
 */
#define RECAL_RANK_TARGETS	5	/* of a user, at most, and about a quarter of the rows */
#define RECAL_RANK_FIRST	3	/* of some users the first rows, too */
#define RECAL_RANK_FIRST_SHARE 0.2
#define RECAL_RANK_UNIFORM	10	/* negatives of each kind */
#define RECAL_RANK_HARD		10
#define RECAL_RANK_POOLED	10
#define RECAL_RANK_CANDIDATES (1 + RECAL_RANK_UNIFORM + RECAL_RANK_HARD + RECAL_RANK_POOLED)
#define RECAL_RANK_HARD_DEPTH 500	/* of the factors' best, from which the hard ones are drawn */

/*
 * Rows that are to be predicted, ascending: each user's last ones, and the first
 * ones of some, whose histories are short. When there are more than max, those of
 * a sample of users. work [2 × nusers]. Returns their number, at most max.
 */
extern int64_t recal_rank_choose_targets(const RecalRankRows *rows, int64_t max, uint64_t seed,
										 int64_t *work, int64_t *targets);

typedef struct RecalRankExamples
{
	int64_t		n;				/* so far */
	int32_t    *users;			/* [max] */
	int32_t    *counts;			/* [max] candidates, of which the first is the target */
	int32_t    *items;			/* [max × RECAL_RANK_CANDIDATES] */
	float	   *corrections;	/* [max × RECAL_RANK_CANDIDATES] -log of the chance to be drawn: with it
								 * the drawn ones stand for the whole catalogue */
	float	   *features;		/* [max × RECAL_RANK_CANDIDATES × RECAL_RANK_NFEATURES] */
} RecalRankExamples;

/* What examples are made with. */
typedef struct RecalRankSources
{
	int			d;
	const float *item_factors;	/* [nitems × d], of a factorization without the targets */
	int64_t		ntargets;
	const int64_t *targets;		/* rows, ascending */
	const float *vectors;		/* [ntargets × d] users' vectors, from the rows before the target */

	/* scores of a network for the target's candidates, or NULL */
	void		(*network) (void *arg, int64_t target, int n, const int32_t *items, float *scores);
	void	   *network_arg;

	/* overlaps [n × 2] of content, or NULL */
	void		(*content) (void *arg, const RecalRankUser *user, int n, const int32_t *items,
							float *overlaps);
	void	   *content_arg;
	uint64_t	seed;
} RecalRankSources;

/*
 * Walks along all rows that are left of the pass, and appends an example before
 * each target. memory: recal_rank_build_bytes.
 */
extern int64_t recal_rank_build_bytes(int64_t nitems, int d);
extern void recal_rank_build(RecalRankPass *pass, RecalRankView *view,
							 const RecalRankSources *sources, RecalRankExamples *examples,
							 void *memory, RecalPoll poll, void *arg);

/*
 * Training: softmax of the target, the candidates standing for the catalogue, by
 * Adam. A tenth of the users are held out; kept is the running mean of the nets
 * after the epoch with the least loss on them, or after the last one where they
 * are so few that none is held out.
 */
typedef struct RecalRankOptions
{
	float		learning_rate;
	int			batch;			/* examples */
	int			epochs;			/* at most */
	int			patience;
	double		held_out;		/* share of the users */
	uint64_t	seed;
} RecalRankOptions;

extern void recal_rank_default_options(RecalRankOptions *options);

typedef struct RecalRankResult
{
	int			epochs;			/* of the net that is kept; 0: nothing was learned */
	int			passes;			/* epochs so far, up to date when the training polls */
	double		loss;			/* on users held out, and before training */
	double		start;
} RecalRankResult;

/* Means and scales from the examples, random layers, and a last one of zeros. */
extern void recal_rank_net_init(RecalRankNet *net, const RecalRankExamples *examples,
								uint64_t seed);

/*
 * Sum of the losses of examples order[first .. first+n-1] and, unless it is NULL,
 * their sum's gradient by the parameters [RECAL_RANK_NPARAMETERS]. work:
 * recal_rank_loss_work_size(n) floats.
 */
extern int64_t recal_rank_loss_work_size(int64_t n);
extern double recal_rank_loss(const RecalRankNet *net, const RecalRankExamples *examples,
							  const int64_t *order, int64_t n, float *gradient, float *work);

/* Initializes the net and trains it. Returns NULL or a message. */
extern int64_t recal_rank_train_bytes(int64_t nexamples, const RecalRankOptions *options);
extern const char *recal_rank_train(RecalRankNet *net, const RecalRankExamples *examples,
									const RecalRankOptions *options, RecalRankResult *result,
									void *memory, RecalPoll poll, void *arg);

#endif							/* RECAL_RANKER_H */
