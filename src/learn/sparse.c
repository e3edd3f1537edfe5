/*
 * sparse.c
 *		Interactions as compressed sparse rows.
 */
#include <string.h>

#include "recal_sparse.h"

#define ROWS_PER_POLL 4096

void
recal_csr_transpose(const RecalCsr *in, int64_t ncols, RecalCsr *out, RecalPoll poll, void *arg)
{
	int64_t    *next = out->offsets;
	int64_t		nnz = recal_csr_nnz(in);
	int64_t		sum = 0;

	out->nrows = ncols;
	memset(next, 0, sizeof(int64_t) * ((size_t) ncols + 1));
	for (int64_t k = 0; k < nnz; k++)
		next[in->columns[k]]++;

	/* next[c] becomes the place of column c's next entry */
	for (int64_t c = 0; c <= ncols; c++)
	{
		int64_t		count = next[c];

		next[c] = sum;
		sum += count;
	}
	for (int64_t r = 0; r < in->nrows; r++)
	{
		if (poll != NULL && r % ROWS_PER_POLL == 0)
			poll(arg);
		for (int64_t k = in->offsets[r]; k < in->offsets[r + 1]; k++)
		{
			int64_t		place = next[in->columns[k]]++;

			out->columns[place] = (int32_t) r;
			out->confidences[place] = in->confidences[k];
		}
	}

	/* each has moved to the start of the one after it */
	memmove(next + 1, next, sizeof(int64_t) * (size_t) ncols);
	next[0] = 0;
}
