/*
 * network_steps.c
 *		The steps of the network's training over the pool's memory.
 *
 * Parameters, the training's memory, histories and the users that it is judged
 * by lie in one piece of memory, places in it being offsets; each participant
 * makes a view of it for itself. What a block computes does not depend on who
 * computes it (recal_network.h), and what is ranked is kept by user.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_blas.h"
#include "recal_factorize.h"
#include "recal_neural.h"
#include "recal_weights.h"

#define RANK_USERS		64		/* of a block */
#define RANK_BATCH		16		/* users scored together */
#define RANK_SCORES		(1024 * 1024)	/* floats of those, about */
#define RANK_K			10

/* mean norm of profiles for 64 factors, as that which item vectors start with */
#define PROFILE_NORM	.5

#define TELL_SECONDS	.5		/* between batches that tell how far they are */

const float recal_network_blends[RECAL_NET_BLENDS] = {0, 0.5f, 1, 2, 4};

/* Offsets are from the beginning of the memory. */
typedef struct RecalNetShared
{
	RecalNetShape shape;
	RecalNetOptions options;
	int64		nusers;
	int64		nvalid;
	Size		parameters;
	Size		training;
	Size		offsets;		/* int64 [nusers + 1] */
	Size		items;			/* int32 [nnz] */
	Size		weights;		/* float [nnz] */
	Size		profiles;		/* float [nusers × d], with a slot for them */
	Size		targets;		/* int32 [nvalid] */
	Size		users;			/* int32 [nvalid] */
	Size		vectors;		/* float [nvalid × d] of the factorization */
	Size		factors;		/* float [nitems × d] */
	Size		popularity;		/* float [nitems] */
	Size		ranked;			/* float [nvalid × d] of the network */
	Size		gains;			/* double [nvalid × RECAL_NET_RANKED] */
	Size		end;
} RecalNetShared;

#define At(shared, type, offset) ((type *) ((char *) (shared) + (offset)))

static void
Layout(RecalNetShared *shared, const RecalNetworkRun *run)
{
	const RecalNetShape *shape = &run->shape;
	int64		nnz = run->matrix->nnz;
	RecalNetHistories histories = {.nusers = run->matrix->nusers, .offsets = run->matrix->by_user.offsets};
	Size		end = TYPEALIGN(64, sizeof(RecalNetShared));

	memset(shared, 0, sizeof(RecalNetShared));
	shared->shape = *shape;
	shared->options = run->options;
	shared->nusers = run->matrix->nusers;
	shared->nvalid = run->nvalid;
	shared->parameters = RecalPlace(&end, sizeof(float), recal_net_size(shape));
	shared->training = RecalPlace(&end, 1, recal_net_training_bytes(shape, &run->options,
																	&histories));
	shared->offsets = RecalPlace(&end, sizeof(int64), shared->nusers + 1);
	shared->items = RecalPlace(&end, sizeof(int32), nnz);
	shared->weights = RecalPlace(&end, sizeof(float), nnz);
	if (shape->nprofile > 0)
		shared->profiles = RecalPlace(&end, sizeof(float) * shape->d, shared->nusers);
	if (run->nvalid > 0)
	{
		shared->targets = RecalPlace(&end, sizeof(int32), run->nvalid);
		shared->users = RecalPlace(&end, sizeof(int32), run->nvalid);
		shared->vectors = RecalPlace(&end, sizeof(float) * shape->d, run->nvalid);
		shared->factors = RecalPlace(&end, sizeof(float) * shape->d, shape->nitems);
		shared->popularity = RecalPlace(&end, sizeof(float), shape->nitems);
		shared->ranked = RecalPlace(&end, sizeof(float) * shape->d, run->nvalid);
		shared->gains = RecalPlace(&end, sizeof(double) * RECAL_NET_RANKED, run->nvalid);
	}
	shared->end = end;
}

Size
RecalNetworkBytes(const RecalNetworkRun *run)
{
	RecalNetShared shared;

	Layout(&shared, run);
	return shared.end;
}

static RecalNetHistories
SharedHistories(RecalNetShared *shared)
{
	RecalNetHistories histories = {
		shared->nusers, At(shared, int64, shared->offsets), At(shared, int32, shared->items),
		At(shared, float, shared->weights),
		shared->shape.nprofile > 0 ? At(shared, float, shared->profiles) : NULL
	};

	return histories;
}

/* A participant's view */
static void
Bind(RecalNetShared *shared, RecalNetTraining *training)
{
	RecalNetHistories histories = SharedHistories(shared);
	RecalNet	net;

	recal_net_bind(&net, &shared->shape, At(shared, float, shared->parameters));
	recal_net_training_bind(training, &net, &shared->options, &histories,
							At(shared, char, shared->training));
}

/*
 * Blocks.
 */
void
RecalNetSliceBlock(void *memory, int block, RecalParticipant *me)
{
	RecalNetTraining training;

	Bind(memory, &training);
	recal_net_slice(&training, block,
					RecalParticipantScratch(me, recal_net_work_size(&training)),
					me->poll, me->poll_arg);
}

void
RecalNetUpdateBlock(void *memory, int block, RecalParticipant *me)
{
	RecalNetTraining training;

	Bind(memory, &training);
	recal_net_update(&training, block,
					 RecalParticipantScratch(me, recal_net_work_size(&training)));
}

/* How many items come before one, by scores (and w times others); of equal ones the lower number. */
static int64
CountBefore(const float *scores, float w, const float *others, int64 n, int32 target)
{
	float		least = others == NULL ? scores[target] : scores[target] + w * others[target];
	int64		before = 0;
	int64		i;

	if (others == NULL)
	{
		for (i = 0; i < target; i++)
			before += scores[i] >= least;
		for (i = target + 1; i < n; i++)
			before += scores[i] > least;
		return before;
	}
	for (i = 0; i < target; i++)
		before += scores[i] + w * others[i] >= least;
	for (i = target + 1; i < n; i++)
		before += scores[i] + w * others[i] > least;
	return before;
}

/* The same among a user's own items, which are not ranked */
static int64
CountOwnBefore(const float *scores, float w, const float *others, int64 n, const int32 *items,
			   int32 target)
{
	float		least = others == NULL ? scores[target] : scores[target] + w * others[target];
	int64		before = 0;

	for (int64 i = 0; i < n; i++)
	{
		float		score = others == NULL ? scores[items[i]] :
			scores[items[i]] + w * others[items[i]];

		before += items[i] < target ? score >= least : score > least;
	}
	return before;
}

static double
Gain(const float *scores, float w, const float *others, int64 nitems, int32 target,
	 int64 nown, const int32 *own)
{
	int64		rank;

	if (!isfinite(scores[target]) || (others != NULL && !isfinite(others[target])))
		return 0;
	rank = CountBefore(scores, w, others, nitems, target) -
		CountOwnBefore(scores, w, others, nown, own, target);
	return rank < RANK_K ? 1 / log2((double) rank + 2) : 0;
}

static void
GainsOfUser(RecalNetShared *shared, int64 v, const float *scores, const float *factorization)
{
	RecalNetHistories histories = SharedHistories(shared);
	int64		user = At(shared, int32, shared->users)[v];
	int64		first = histories.offsets[user];
	int64		n = histories.offsets[user + 1] - first;
	int64		nitems = shared->shape.nitems;
	int32		target = At(shared, int32, shared->targets)[v];
	double	   *gains = At(shared, double, shared->gains) + v * RECAL_NET_RANKED;

	for (int b = 0; b < RECAL_NET_BLENDS; b++)
	{
		float		w = recal_network_blends[b];

		gains[b] = Gain(scores, w, w == 0 ? NULL : factorization, nitems, target, n,
						histories.items + first);
	}
	gains[RECAL_NET_FACTORIZATION] = Gain(factorization, 0, NULL, nitems, target, n,
										  histories.items + first);
	gains[RECAL_NET_POPULARITY] = Gain(At(shared, float, shared->popularity), 0, NULL, nitems,
									   target, n, histories.items + first);
}

/* Ranks the catalogue for some of the users. */
void
RecalNetRankBlock(void *memory, int block, RecalParticipant *me)
{
	RecalNetShared *shared = memory;
	RecalNetHistories histories = SharedHistories(shared);
	int			d = shared->shape.d;
	int64		nitems = shared->shape.nitems;
	int			batch = (int) Max(1, Min(RANK_BATCH, RANK_SCORES / nitems));
	int64		width = recal_net_width(&shared->shape);
	int64		score_floats = TYPEALIGN(16, batch * nitems);
	int64		first = (int64) block * RANK_USERS;
	int64		end = Min(first + RANK_USERS, shared->nvalid);
	RecalNet	net;
	float	   *scores;
	float	   *factorization;
	float	   *inputs;
	float	   *work;

	recal_net_bind(&net, &shared->shape, At(shared, float, shared->parameters));
	scores = RecalParticipantScratch(me, 2 * score_floats + TYPEALIGN(16, batch * width) +
									 recal_net_forward_work_size(&shared->shape, batch));
	factorization = scores + score_floats;
	inputs = factorization + score_floats;
	work = inputs + TYPEALIGN(16, batch * width);
	for (; first < end; first += batch)
	{
		int			n = (int) Min(batch, end - first);
		float	   *z = At(shared, float, shared->ranked) + first * d;

		for (int i = 0; i < n; i++)
		{
			int64		user = At(shared, int32, shared->users)[first + i];

			recal_net_input(&net, histories.offsets[user + 1] - histories.offsets[user],
							histories.items + histories.offsets[user],
							histories.weights + histories.offsets[user], inputs + i * width);
			recal_net_put_profile(&shared->shape, histories.profiles == NULL ? NULL :
								  histories.profiles + user * d, inputs + i * width);
		}
		recal_net_forward(&net, n, inputs, z, work);
		recal_gemm_nt(n, (int) nitems, d, 1.0f, z, d, net.outputs, d, 0.0f, scores,
					  (int) nitems);
		me->poll(me->poll_arg);
		recal_gemm_nt(n, (int) nitems, d, 1.0f, At(shared, float, shared->vectors) + first * d, d,
					  At(shared, float, shared->factors), d, 0.0f, factorization, (int) nitems);
		for (int i = 0; i < n; i++)
		{
			me->poll(me->poll_arg);
			for (int64 j = 0; j < nitems; j++)
				scores[i * nitems + j] += net.biases[j];
			GainsOfUser(shared, first + i, scores + i * nitems, factorization + i * nitems);
		}
	}
}

/*
 * The leader's side.
 */

/* Histories, all of them or without what is held out; counts [nitems] of liked rows */
static void
CopyHistories(RecalNetworkRun *run, bool held_out, int64 *counts)
{
	RecalNetShared *shared = run->shared;
	const RecalCsr *rows = &run->matrix->by_user;
	int64	   *offsets = At(shared, int64, shared->offsets);
	int32	   *items = At(shared, int32, shared->items);
	float	   *weights = At(shared, float, shared->weights);
	int64		next = 0;

	memset(counts, 0, sizeof(int64) * run->shape.nitems);
	offsets[0] = 0;
	for (int64 u = 0; u < rows->nrows; u++)
	{
		int64		first = rows->offsets[u];
		int64		n = rows->offsets[u + 1] - first;

		if (held_out && next < run->nvalid && run->valid_user[next] == u)
			n = run->valid_length[next++];
		memcpy(items + offsets[u], run->items + first, sizeof(int32) * n);
		memcpy(weights + offsets[u], run->weights + first, sizeof(float) * n);
		offsets[u + 1] = offsets[u] + n;
		for (int64 i = first; i < first + n; i++)
			counts[run->items[i]] += run->weights[i] > 0;
	}
}

/* profiles [nusers × d] ← what weights make of users' features; returns their mean norm. */
static double
MakeProfiles(const RecalNetworkRun *run, const float *weights, float *profiles)
{
	const RecalFeatureRows *rows = &run->work->features[RECAL_SIDE_USERS]->rows;
	int			d = run->shape.d;
	double		sum = 0;
	int64		known = 0;

	for (int64 u = 0; u < rows->nrows; u++)
	{
		int64		first = rows->offsets[u];
		int			n = (int) (rows->offsets[u + 1] - first);

		if ((u & 0xFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		recal_content_row(n, rows->columns + first, rows->values + first, weights, d,
						  profiles + u * d);
		sum += sqrt(recal_dot(d, profiles + u * d, profiles + u * d));
		known += n > 0;
	}
	return known > 0 ? sum / (double) known : 0;
}

float *
RecalNetworkProfiles(const RecalNetworkRun *run)
{
	float	   *profiles;

	if (run->shape.nprofile == 0)
		return NULL;
	profiles = RecalAllocArray(sizeof(float) * run->shape.d, run->matrix->nusers);
	(void) MakeProfiles(run, run->work->features[RECAL_SIDE_USERS]->encoder.weights, profiles);
	return profiles;
}

/* The same for training, on the scale of the item vectors beside them in the input */
static void
CopyProfiles(RecalNetworkRun *run, const float *weights)
{
	float	   *profiles = At(run->shared, float, run->shared->profiles);
	int			d = run->shape.d;
	double		norm = MakeProfiles(run, weights, profiles);

	run->profile_scale = norm > 0 ? (float) (PROFILE_NORM * sqrt(d / 64.0) / norm) : 1;
	for (int64 i = 0; i < run->matrix->nusers * d; i++)
		profiles[i] *= run->profile_scale;
}

/* What is ranked does not change from epoch to epoch. */
static void
CopyValidation(RecalNetworkRun *run, const int64 *counts)
{
	RecalNetShared *shared = run->shared;
	int			d = run->shape.d;

	memcpy(At(shared, int32, shared->users), run->valid_user, sizeof(int32) * run->nvalid);
	for (int64 v = 0; v < run->nvalid; v++)
		At(shared, int32, shared->targets)[v] =
			run->items[run->matrix->by_user.offsets[run->valid_user[v]] + run->valid_length[v]];
	memcpy(At(shared, float, shared->vectors), run->valid_vectors,
		   sizeof(float) * d * run->nvalid);
	memcpy(At(shared, float, shared->factors), run->held_items,
		   sizeof(float) * d * run->shape.nitems);
	for (int64 i = 0; i < run->shape.nitems; i++)
		At(shared, float, shared->popularity)[i] = (float) counts[i];
}

/*
 * Puts what an earlier network has learned in place of the start; new items
 * begin at 0, because the factors that they would start from are of another
 * basis.
 */
static void
WarmParameters(const RecalWarmNetwork *warm, RecalNet *net)
{
	int			d = net->shape.d;
	RecalNetLayer first = recal_net_layer(&net->shape, 0);
	int64		profile = first.weights + (int64) RECAL_NET_SLOTS * d * first.out;

	/* all but what reads the profile, which has another basis now, too */
	memcpy(net->dense, warm->dense, sizeof(float) * profile);
	memcpy(net->dense + first.bias, warm->dense + first.bias,
		   sizeof(float) * (recal_net_dense_size(&net->shape) - first.bias));
	for (int64 i = 0; i < net->shape.nitems; i++)
	{
		memset(net->inputs + i * d, 0, sizeof(float) * d);
		memset(net->outputs + i * d, 0, sizeof(float) * d);
		if (!warm->has[i])
			continue;
		memcpy(net->inputs + i * d, warm->inputs + i * d, sizeof(float) * d);
		memcpy(net->outputs + i * d, warm->outputs + i * (d + 1), sizeof(float) * d);
		net->biases[i] = warm->outputs[i * (d + 1) + d];
	}
}

/*
 * Sets the memory up for a training that starts from factors, on all rows or
 * without what is held out.
 */
void
RecalNetworkBegin(RecalNetworkRun *run, bool held_out, const float *factors)
{
	RecalNetShared *shared = RecalPoolMemory(run->pool);
	int64	   *counts = RecalAllocArray(sizeof(int64), run->shape.nitems);

	run->shared = shared;
	Layout(shared, run);
	CopyHistories(run, held_out, counts);
	CHECK_FOR_INTERRUPTS();
	if (held_out)
		CopyValidation(run, counts);
	if (run->shape.nprofile > 0)
		CopyProfiles(run, held_out ? run->held_profile :
					 run->work->features[RECAL_SIDE_USERS]->encoder.weights);
	Bind(shared, &run->training);
	recal_net_init(&run->training.net, factors, counts, run->options.seed, RecalPollInterrupts, NULL);
	if (run->warm != NULL)
		WarmParameters(run->warm, &run->training.net);
	CHECK_FOR_INTERRUPTS();
	recal_net_start(&run->training, counts);
	pfree(counts);
}

const float *
RecalNetworkParameters(const RecalNetworkRun *run)
{
	return run->training.net.dense;
}

static double
SecondsSince(instr_time since)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, since);
	return INSTR_TIME_GET_DOUBLE(now);
}

const char *
RecalNetworkEpoch(RecalNetworkRun *run, int epoch, int epochs, double begin, double end,
				  double *loss)
{
	RecalNetTraining *training = &run->training;
	int64		targets = 0;
	int64		nbatches;
	instr_time	start;

	INSTR_TIME_SET_CURRENT(start);
	*loss = 0;
	recal_net_begin_epoch(training, epoch);
	nbatches = recal_net_nbatches(training);
	for (int64 batch = 0; batch < nbatches; batch++)
	{
		const char *message;
		int			nupdates = recal_net_nupdates(training);

		if (nupdates > RECAL_MAX_BLOCKS)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many items for a network without sampled negatives"),
					 errhint("Set the option \"negatives\" to \"auto\".")));
		recal_net_begin_batch(training, batch);
		RecalPoolRun(run->pool, RECAL_BLOCK_NET_SLICE, recal_net_nslices(training));
		RecalPoolRun(run->pool, RECAL_BLOCK_NET_UPDATE, nupdates);
		message = recal_net_end_batch(training, loss, &targets);
		if (message != NULL)
			return message;
		if (SecondsSince(run->told_at) > TELL_SECONDS)
			RecalNetworkProgress(run, epoch, epochs,
								 begin + (end - begin) * (double) (batch + 1) / (double) nbatches);
	}
	run->network->positions += targets;
	run->network->epoch_seconds += SecondsSince(start);
	*loss /= (double) Max(targets, 1);
	RecalNetworkProgress(run, epoch + 1, epochs, end);
	return NULL;
}

const double *
RecalNetworkRank(RecalNetworkRun *run)
{
	RecalPoolRun(run->pool, RECAL_BLOCK_NET_RANK,
				 (int) ((run->nvalid + RANK_USERS - 1) / RANK_USERS));
	return At(run->shared, double, run->shared->gains);
}

const float *
RecalNetworkRankedVectors(const RecalNetworkRun *run)
{
	return At(run->shared, float, run->shared->ranked);
}
