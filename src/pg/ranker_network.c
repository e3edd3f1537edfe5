/*
 * ranker_network.c
 *		The network's score as the ranker learns it: that of a network which has not
 *		seen what the ranker is to find.
 *
 * The network that serves has seen all rows, and its scores of them are better
 * than those of rows to come will be. So one more is trained without the
 * ranker's targets, for as many epochs as the one that serves.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "recal_blas.h"
#include "recal_compat.h"
#include "recal_rank.h"
#include "recal_weights.h"

#define BATCH 64				/* histories that go through the network together */

/*
 * Negatives where they are chosen by data: a softmax over more items takes longer,
 * and the ranker learned no better from its scores.
 */
#define NEGATIVES 1024

void
RecalRankerNetworkScores(const RecalRankerScores *with, const float *vector, int n,
						 const int32 *items, float *scores)
{
	for (int i = 0; i < n; i++)
		scores[i] = recal_dot(with->d, vector, with->outputs + (int64) items[i] * with->d) +
			with->biases[items[i]];
}

/* RecalRankSources.network */
void
RecalRankerScoreTarget(void *arg, int64_t target, int n, const int32_t *items, float *scores)
{
	const RecalRankerRun *run = arg;
	const RecalNet *net = &run->beside_network.net;
	RecalRankerScores with = {run->d, net->outputs, net->biases};

	RecalRankerNetworkScores(&with, run->network_vectors + target * run->d, n, items, scores);
}

static void
Progress(void *arg, const RecalProgress *progress)
{
	RecalRankerProgress(arg, progress->fraction);
}

/* Rows of a user before one item's, as they are in time */
static int64
RowsBefore(const RecalRankerRun *run, int64 user, int32 item)
{
	const RecalCsr *rows = &run->matrix->by_user;
	const int32 *items = run->held.items + rows->offsets[user];
	int64		n = 0;

	while (n < rows->offsets[user + 1] - rows->offsets[user] && items[n] != item)
		n++;
	return n;
}

/* Users as the network would have known them before the rows that are to be found */
static void
ReadHistories(RecalRankerRun *run)
{
	const RecalNet *net = &run->beside_network.net;
	const RecalNetworkRun like = {.matrix = run->matrix, .work = &run->beside, .shape = net->shape};
	const float *profiles = RecalNetworkProfiles(&like);
	int64		width = recal_net_width(&net->shape);
	float	   *inputs = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * BATCH * width);
	float	   *work = RecalAllocAligned(CurrentMemoryContext, sizeof(float) *
										 recal_net_forward_work_size(&net->shape, BATCH));

	run->network_vectors = RecalAllocAligned(CurrentMemoryContext,
											 mul_size(sizeof(float) * run->d, Max(run->ntargets, 1)));
	for (int64 first = 0; first < run->ntargets; first += BATCH)
	{
		int			n = (int) Min(BATCH, run->ntargets - first);

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < n; i++)
		{
			int64		row = run->targets[first + i];
			int64		user = run->rows.users[row];
			int64		begin = run->matrix->by_user.offsets[user];

			recal_net_input(net, RowsBefore(run, user, run->rows.items[row]),
							run->held.items + begin, run->held.weights + begin,
							inputs + i * width);
			recal_net_put_profile(&net->shape, profiles == NULL ? NULL : profiles + user * run->d,
								  inputs + i * width);
		}
		recal_net_forward(net, n, inputs, run->network_vectors + first * run->d, work);
	}
	pfree(inputs);
	pfree(work);
}

void
RecalRankerTrainNetwork(RecalRankerRun *run)
{
	const RecalNetwork *served = run->network;
	RecalNetwork *network = &run->beside_network;

	if (!run->ranker->has_network)
		return;
	*network = *served;
	network->mode = run->ranker->mode;
	network->warm = NULL;
	if (network->negatives < 0 && run->matrix->nitems > 2 * NEGATIVES)
		network->negatives = NEGATIVES;
	network->unjudged_epochs = served->epochs_run;
	network->progress = Progress;
	network->progress_arg = run;
	RecalTrainNetwork(&run->train, &run->beside, network);
	if (network->kept)
		ReadHistories(run);
}
