/*
 * als_content.c
 *		Features within the factorization: what is known about a side's rows gives
 *		each of them a mean that the regularization pulls its factor towards.
 *
 * The leader alone fits the weights and multiplies them with the features: both
 * are a small part of what the solves cost, and the order of sums is fixed.
 */
#include "postgres.h"

#include "recal_als.h"
#include "recal_compat.h"
#include "recal_factorize.h"
#include "recal_weights.h"

/*
 * On the weights, in units of the mean weight of a row: a feature that one row
 * has counts half. Larger ones left untouched items too short to be found in a
 * whole catalogue, smaller ones helped items with behaviour less.
 */
#define CONTENT_RIDGE	1.0

Size
RecalAlsContentBytes(const RecalFeatureRows *rows, int d)
{
	Size		p = rows->width;

	return add_size(mul_size(sizeof(float), rows->nrows),
					mul_size(p, sizeof(double) * p + (sizeof(double) + sizeof(float)) * d));
}

void
RecalAlsContentBegin(RecalAlsContent *content, const RecalFeatureRows *rows, bool prior, int d)
{
	Size		p = rows->width;

	content->rows = rows;
	content->prior = prior;
	content->row_weights = RecalAllocArray(sizeof(float), rows->nrows);
	content->system = RecalAllocArray(sizeof(double), p * p);
	content->right = RecalAllocArray(sizeof(double), p * d);
	content->weights = RecalAllocAligned(CurrentMemoryContext, sizeof(float) * p * d);
	content->work = RecalAllocAligned(CurrentMemoryContext,
									  sizeof(float) * recal_rotate_work_size(d));
}

void
RecalAlsContentEnd(RecalAlsContent *content)
{
	if (content->rows == NULL)
		return;
	pfree(content->row_weights);
	pfree(content->system);
	pfree(content->right);
	pfree(content->weights);
	pfree(content->work);
	content->rows = NULL;
}

static void
CheckSolution(const char *message)
{
	if (message != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("could not learn from features: %s", message),
				 errhint("Raise the option \"regularization\".")));
}

void
RecalAlsContentStart(RecalAlsContent *content, const RecalCsr *rows, bool ratings,
					 double unobserved_weight, int64 nother, RecalParticipant *me)
{
	double		sum = 0;
	int64		n = 0;

	for (int64 i = 0; i < rows->nrows; i++)
	{
		int64		count = rows->offsets[i + 1] - rows->offsets[i];
		bool		known = content->rows->offsets[i + 1] > content->rows->offsets[i];

		/* the regularization's weight, without the factor λ that all have */
		content->row_weights[i] = count == 0 || !known ? 0.0f :
			ratings ? 1.0f : (float) (count + unobserved_weight * nother);
		sum += content->row_weights[i];
		n += content->row_weights[i] > 0;
	}
	CheckSolution(recal_content_system(content->rows, content->row_weights,
									   CONTENT_RIDGE * (n > 0 ? sum / n : 1), content->system,
									   me->poll, me->poll_arg));
	content->solved = false;
}

void
RecalAlsContentFit(RecalAlsContent *content, const float *factors, int d, RecalParticipant *me)
{
	CheckSolution(recal_content_fit(content->rows, content->row_weights, content->system,
									factors, d, content->right, content->weights,
									me->poll, me->poll_arg));
}

void
RecalAlsContentPrior(RecalAlsContent *content, const float *basis, int d, float *prior,
					 RecalParticipant *me)
{
	const RecalFeatureRows *rows = content->rows;

	for (int64 first = 0; basis != NULL && first < rows->width; first += 1024)
		recal_rotate(content->weights + first * d, Min(1024, rows->width - first), d, basis,
					 content->work);
	for (int64 i = 0; i < rows->nrows; i++)
	{
		int64		start = rows->offsets[i];

		if (i % 1024 == 0)
			me->poll(me->poll_arg);
		recal_content_row((int) (rows->offsets[i + 1] - start), rows->columns + start,
						  rows->values + start, content->weights, d, prior + i * d);
	}
}

/* Rows number picked[0 .. n-1] of features, in the current context. */
void
RecalFeatureRowsPick(const RecalFeatureRows *from, const int32 *picked, int64 n,
					 RecalFeatureRows *to)
{
	int64		nnz = 0;

	for (int64 i = 0; i < n; i++)
		nnz += from->offsets[picked[i] + 1] - from->offsets[picked[i]];
	to->nrows = n;
	to->width = from->width;
	to->offsets = RecalAllocArray(sizeof(int64), n + 1);
	to->columns = RecalAllocArray(sizeof(int32), nnz);
	to->values = RecalAllocArray(sizeof(float), nnz);
	nnz = 0;
	for (int64 i = 0; i < n; i++)
	{
		int64		start = from->offsets[picked[i]];
		int64		count = from->offsets[picked[i] + 1] - start;

		to->offsets[i] = nnz;
		memcpy(to->columns + nnz, from->columns + start, sizeof(int32) * count);
		memcpy(to->values + nnz, from->values + start, sizeof(float) * count);
		nnz += count;
	}
	to->offsets[n] = nnz;
}

void
RecalFeatureRowsFree(RecalFeatureRows *rows)
{
	if (rows->offsets == NULL)
		return;
	pfree(rows->offsets);
	pfree(rows->columns);
	pfree(rows->values);
	rows->offsets = NULL;
}
