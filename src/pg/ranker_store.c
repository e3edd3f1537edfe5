/*
 * ranker_store.c
 *		The ranker among a version's weights, and what the version's row says of it.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "recal_compat.h"
#include "recal_rank.h"
#include "recal_weights.h"

StaticAssertDecl(sizeof(RecalRankNet) % sizeof(float) == 0, "a net is an array of floats");
StaticAssertDecl(sizeof(RecalTaste) == 4 * sizeof(float), "a taste is four floats");

static int64
StoreContent(const char *model, int version, const RecalFeatureRows *content)
{
	Size		bytes = (Size) recal_rank_content_bytes(content);
	void	   *memory = RecalAllocAligned(CurrentMemoryContext, bytes);
	int64		stored;

	recal_rank_content_copy(content, memory);
	stored = RecalWeightsWriteBytes(model, version, "ranker_content", memory, bytes);
	pfree(memory);
	return stored;
}

int64
RecalRankerStore(const char *model, int version, int64 nusers, const RecalRanker *ranker)
{
	return RecalWeightsWriteFloats(model, version, "ranker_net", 1,
								   (int) (sizeof(RecalRankNet) / sizeof(float)),
								   (const float *) ranker->net) +
		RecalWeightsWriteFloats(model, version, "ranker_tastes", nusers, 4,
								(const float *) ranker->tastes) +
		RecalWeightsWriteBytes(model, version, "ranker_counters", ranker->counters,
							   ranker->counters_bytes) +
		(ranker->content == NULL ? 0 : StoreContent(model, version, ranker->content));
}

char *
RecalRankerFacts(const RecalRanker *ranker)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, ", \"ranker\": %s", ranker->kept ? "true" : "false");
	if (!ranker->tried)
		return text.data;
	appendStringInfo(&text, ", \"ranker_examples\": " INT64_FORMAT ", \"ranker_epochs\": %d"
					 ", \"ranker_users\": " INT64_FORMAT, ranker->nexamples,
					 ranker->result.epochs, ranker->njudged);
	return text.data;
}

static double
BestOf(const RecalRanker *ranker, int first, int n)
{
	double		best = ranker->ndcg[first];

	for (int m = first + 1; m < first + n; m++)
		best = Max(best, ranker->ndcg[m]);
	return best;
}

char *
RecalRankerMetrics(const RecalRanker *ranker, bool follows)
{
	StringInfoData text;

	if (ranker->njudged == 0)
		return "";
	initStringInfo(&text);
	appendStringInfo(&text, "%s\"ranker_ndcg_10\": %.6f, \"ranker_factorization_ndcg_10\": %.6f"
					 ", \"ranker_popularity_ndcg_10\": %.6f, \"recent_popularity_ndcg_10\": %.6f"
					 ", \"transition_ndcg_10\": %.6f, \"co_occurrence_ndcg_10\": %.6f",
					 follows ? ", " : "", ranker->ndcg[RECAL_RANKED_RANKER],
					 ranker->ndcg[RECAL_RANKED_FACTORIZATION],
					 ranker->ndcg[RECAL_RANKED_POPULARITY],
					 BestOf(ranker, RECAL_RANKED_RECENT, RECAL_RANK_HALVES),
					 BestOf(ranker, RECAL_RANKED_AFTER, 2),
					 BestOf(ranker, RECAL_RANKED_TOGETHER, 2));
	if (ranker->has_network)
		appendStringInfo(&text, ", \"ranker_network_ndcg_10\": %.6f",
						 ranker->ndcg[RECAL_RANKED_NETWORK]);
	return text.data;
}
