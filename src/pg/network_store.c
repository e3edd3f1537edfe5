/*
 * network_store.c
 *		The network among a version's weights.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"

#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_neural.h"
#include "recal_weights.h"

/* in the part network_shape, before the widths; after them a 1 where there is a profile */
#define SHAPE_NUMBERS 2

/* Returns how many there are; numbers has room for the longest shape. */
static int
ShapeNumbers(const RecalNetShape *shape, float *numbers)
{
	int			n = SHAPE_NUMBERS;

	numbers[0] = (float) shape->d;
	numbers[1] = (float) shape->nhidden;
	for (int i = 0; i < shape->nhidden; i++)
		numbers[n++] = (float) shape->hidden[i];
	if (shape->nprofile > 0)
		numbers[n++] = (float) shape->nprofile;
	return n;
}

/* o and b side by side */
static void
OutputRows(void *arg, int64 first, int64 n, void *dst)
{
	const RecalNet *net = arg;
	int			d = net->shape.d;
	float	   *rows = dst;

	for (int64 i = 0; i < n; i++, rows += d + 1)
	{
		memcpy(rows, net->outputs + (first + i) * d, sizeof(float) * d);
		rows[d] = net->biases[first + i];
	}
}

int64
RecalNetworkStore(const char *model, int version, const RecalNetwork *network)
{
	const RecalNetShape *shape = &network->shape;
	float		numbers[SHAPE_NUMBERS + RECAL_NET_MAX_HIDDEN + 1];
	int			n = ShapeNumbers(shape, numbers);
	int64		bytes = 0;

	if (network->content != NULL)
		bytes = RecalWeightsWriteFloats(model, version, "network_content",
										network->content_rows, RecalNetContentWidth(shape->d),
										network->content);
	return bytes +
		RecalWeightsWriteFloats(model, version, "network_shape", 1, n, numbers) +
		RecalWeightsWriteFloats(model, version, "network_dense",
								recal_net_dense_size(shape) / RECAL_NET_DENSE_COLUMNS,
								RECAL_NET_DENSE_COLUMNS, network->net.dense) +
		RecalWeightsWriteFloats(model, version, "network_inputs", shape->nitems, shape->d,
								network->net.inputs) +
		RecalWeightsWriteFloatsFrom(model, version, "network_outputs", shape->nitems,
									shape->d + 1, OutputRows,
									unconstify(RecalNet *, &network->net)) +
		RecalWeightsWriteFloats(model, version, "network_spread",
								(int64) RECAL_NET_SPREADS * shape->d, shape->d, network->spread);
}

void
RecalNetworkReadShape(const char *model, int version, RecalNetShape *shape)
{
	RecalPart	part;
	float	   *numbers;

	RecalWeightsInfo(model, version, "network_shape", &part);
	numbers = RecalWeightsReadFloats(model, version, "network_shape", 1, part.columns);
	memset(shape, 0, sizeof(RecalNetShape));
	shape->nitems = 1;
	if (part.columns >= SHAPE_NUMBERS)
	{
		shape->d = (int) numbers[0];
		shape->nhidden = (int) numbers[1];
	}
	for (int i = 0; i < shape->nhidden && i < RECAL_NET_MAX_HIDDEN &&
		 SHAPE_NUMBERS + i < part.columns; i++)
		shape->hidden[i] = (int) numbers[SHAPE_NUMBERS + i];
	if (part.columns > SHAPE_NUMBERS + shape->nhidden)
		shape->nprofile = (int) numbers[part.columns - 1];
	if (shape->d < 1 || part.columns != SHAPE_NUMBERS + shape->nhidden + shape->nprofile ||
		recal_net_check_shape(shape) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("weights of model \"%s\", version %d, part \"%s\" are damaged",
						model, version, "network_shape"),
				 errhint("Activate another version with recal_activate, or train the model again.")));
	pfree(numbers);
}

/* Whether a version has a network of this shape */
static bool
SameShape(const RecalVersion *version, const RecalNetShape *shape)
{
	RecalPart	part;
	float		wanted[SHAPE_NUMBERS + RECAL_NET_MAX_HIDDEN + 1];
	int			n = ShapeNumbers(shape, wanted);
	float	   *numbers;
	bool		same = true;

	/* without one it has no such fact */
	if (isnan(RecalJsonNumber(version->facts, "network_blend")))
		return false;
	RecalWeightsInfo(version->model, version->version, "network_shape", &part);
	if (part.columns != n)
		return false;
	numbers = RecalWeightsReadFloats(version->model, version->version, "network_shape", 1, n);
	for (int i = 0; i < n; i++)
		same &= numbers[i] == wanted[i];
	pfree(numbers);
	return same;
}

/* Rows of a part at their new places */
static float *
ReadRows(const RecalVersion *version, const char *part, int columns, int64 old_items,
		 const int64 *at, int64 nitems)
{
	float	   *old = RecalWeightsReadFloats(version->model, version->version, part, old_items,
											 columns);
	float	   *rows = RecalAllocArray(sizeof(float) * columns, nitems);

	for (int64 i = 0; i < old_items; i++)
		if (at[i] >= 0)
			memcpy(rows + at[i] * columns, old + i * columns, sizeof(float) * columns);
	pfree(old);
	return rows;
}

RecalWarmNetwork *
RecalNetworkLoadWarm(const RecalVersion *version, const RecalNetShape *shape, int64 old_items,
					 const int64 *at)
{
	RecalWarmNetwork *warm;
	bool	   *has;

	if (!SameShape(version, shape))
		return NULL;
	has = RecalAllocArray(sizeof(bool), shape->nitems);
	memset(has, 0, shape->nitems);
	for (int64 i = 0; i < old_items; i++)
		if (at[i] >= 0)
			has[at[i]] = true;
	warm = palloc(sizeof(RecalWarmNetwork));
	warm->dense = RecalWeightsReadFloats(version->model, version->version, "network_dense",
										 recal_net_dense_size(shape) / RECAL_NET_DENSE_COLUMNS,
										 RECAL_NET_DENSE_COLUMNS);
	warm->inputs = ReadRows(version, "network_inputs", shape->d, old_items, at, shape->nitems);
	warm->outputs = ReadRows(version, "network_outputs", shape->d + 1, old_items, at,
							 shape->nitems);
	warm->has = has;
	warm->as_of = version->as_of;
	return warm;
}

/*
 * What the version's row says.
 */
Jsonb *
RecalNetworkUsed(const RecalNetwork *network)
{
	const RecalNetOptions *options = &network->options;
	StringInfoData hidden;

	initStringInfo(&hidden);
	for (int i = 0; i < network->shape.nhidden; i++)
		appendStringInfo(&hidden, "%s%d", i > 0 ? ", " : "", network->shape.hidden[i]);
	return RecalJsonb("{\"hidden\": [%s], \"dropout\": %.6g, \"learning_rate\": %.6g, "
					  "\"batch_size\": %d, \"negatives\": %d}",
					  hidden.data, options->dropout, options->learning_rate, options->batch,
					  options->negatives);
}

char *
RecalNetworkFacts(const RecalNetwork *network)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, ", \"network\": %s", network->kept ? "true" : "false");
	if (!network->tried)
		return text.data;
	if (network->kept)
		appendStringInfo(&text, ", \"network_blend\": %g, \"network_epochs\": %d, \"network_warm\": %s",
						 network->blend, network->epochs_run,
						 network->warmed ? "true" : "false");
	appendStringInfo(&text, ", \"network_users\": " INT64_FORMAT ", \"network_workers\": %d",
					 network->nvalid, network->nworkers);
	if (network->epoch_seconds > 0)
		appendStringInfo(&text, ", \"network_positions_per_second\": %.0f",
						 (double) network->positions / network->epoch_seconds);
	appendStringInfoString(&text, ", \"network_loss\": [");
	for (int i = 0; i < network->nloss; i++)
		appendStringInfo(&text, "%s%.6g", i > 0 ? ", " : "", network->loss[i]);
	appendStringInfoChar(&text, ']');
	return text.data;
}

char *
RecalNetworkMetrics(const RecalNetwork *network, bool follows)
{
	if (isnan(network->ndcg))
		return "";
	return psprintf("%s\"network_ndcg_10\": %.6f, \"factorization_ndcg_10\": %.6f, "
					"\"popularity_ndcg_10\": %.6f", follows ? ", " : "",
					network->ndcg, network->factorization_ndcg, network->popularity_ndcg);
}
