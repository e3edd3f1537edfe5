/*
 * ranker_content.c
 *		What items have in common by what is known about them.
 */
#include <math.h>
#include <string.h>

#include "ranker_internal.h"

static float
content_length(const RecalFeatureRows *content, int32_t item)
{
	float		sum = 0;

	for (int64_t k = content->offsets[item]; k < content->offsets[item + 1]; k++)
		sum += content->values[k] * content->values[k];
	return sqrtf(sum);
}

static void
add_content(const RecalFeatureRows *content, int nrecent, const int32_t *recent, float *dense)
{
	for (int r = 0; r < nrecent; r++)
	{
		float		length = content_length(content, recent[r]);

		for (int64_t k = content->offsets[recent[r]]; length > 0 && k < content->offsets[recent[r] + 1]; k++)
			dense[content->columns[k]] += content->values[k] / length;
	}
}

/* Sets the columns that add_content has touched to 0; returns the vector's length. */
static float
clear_content(const RecalFeatureRows *content, int nrecent, const int32_t *recent, float *dense)
{
	float		sum = 0;

	for (int r = 0; r < nrecent; r++)
		for (int64_t k = content->offsets[recent[r]]; k < content->offsets[recent[r] + 1]; k++)
		{
			float	   *value = dense + content->columns[k];

			sum += *value * *value;
			*value = 0;
		}
	return sqrtf(sum);
}

void
recal_rank_overlaps(const RecalFeatureRows *content, int nrecent, const int32_t *recent,
					int64_t n, const int32_t *items, float *dense, float *overlaps)
{
	for (int part = 0; part < 2; part++)
	{
		int			used = part == 1 && nrecent > 1 ? 1 : nrecent;
		float		length;

		add_content(content, used, recent, dense);
		for (int64_t i = 0; i < n; i++)
		{
			float		sum = 0;
			float		own = items[i] >= 0 ? content_length(content, items[i]) : 0;

			for (int64_t k = own > 0 ? content->offsets[items[i]] : 0;
				 own > 0 && k < content->offsets[items[i] + 1]; k++)
				sum += content->values[k] * dense[content->columns[k]];
			overlaps[2 * i + part] = own > 0 ? sum / own : 0;
		}
		length = clear_content(content, used, recent, dense);
		for (int64_t i = 0; i < n; i++)
			overlaps[2 * i + part] = length > 0 ? overlaps[2 * i + part] / length : 0;
	}
}

/*
 * Stored.
 */
typedef struct ContentHead
{
	int64_t		nrows;
	int64_t		width;
	int64_t		nvalues;
} ContentHead;

static int64_t
lay_out(RecalFeatureRows *content, const ContentHead *head, void *memory)
{
	int64_t		at = 0;

	(void) recal_rank_cut(memory, &at, 1, sizeof(ContentHead));
	content->nrows = head->nrows;
	content->width = (int) head->width;
	content->offsets = recal_rank_cut(memory, &at, head->nrows + 1, sizeof(int64_t));
	content->columns = recal_rank_cut(memory, &at, head->nvalues, sizeof(int32_t));
	content->values = recal_rank_cut(memory, &at, head->nvalues, sizeof(float));
	return at;
}

static ContentHead
head_of(const RecalFeatureRows *content)
{
	return (ContentHead) {content->nrows, content->width, content->offsets[content->nrows]};
}

int64_t
recal_rank_content_bytes(const RecalFeatureRows *content)
{
	ContentHead head = head_of(content);
	RecalFeatureRows ignored;

	return lay_out(&ignored, &head, NULL);
}

void
recal_rank_content_copy(const RecalFeatureRows *content, void *memory)
{
	ContentHead head = head_of(content);
	RecalFeatureRows copy;

	/* the gaps between arrays too: they are stored */
	memset(memory, 0, (size_t) recal_rank_content_bytes(content));
	(void) lay_out(&copy, &head, memory);
	memcpy(memory, &head, sizeof(head));
	memcpy(copy.offsets, content->offsets, sizeof(int64_t) * ((size_t) head.nrows + 1));
	memcpy(copy.columns, content->columns, sizeof(int32_t) * (size_t) head.nvalues);
	memcpy(copy.values, content->values, sizeof(float) * (size_t) head.nvalues);
}

void
recal_rank_content_bind(RecalFeatureRows *content, void *memory)
{
	ContentHead head;

	memcpy(&head, memory, sizeof(head));
	(void) lay_out(content, &head, memory);
}

const char *
recal_rank_content_check(const void *memory, int64_t bytes, int64_t nitems)
{
	const ContentHead *head = memory;
	RecalFeatureRows content;

	if (bytes < (int64_t) sizeof(ContentHead) || head->nrows != nitems || head->width < 0 ||
		head->width > INT32_MAX || head->nvalues < 0 || head->nvalues > bytes ||
		bytes != lay_out(&content, head, NULL))
		return "content is not of the size that it should be";
	recal_rank_content_bind(&content, (void *) memory);
	if (content.offsets[0] != 0 || content.offsets[nitems] != head->nvalues)
		return "content has rows that are out of range";
	for (int64_t i = 0; i < nitems; i++)
		if (content.offsets[i + 1] < content.offsets[i] || content.offsets[i + 1] > head->nvalues)
			return "content has rows that are out of range";
	for (int64_t k = 0; k < head->nvalues; k++)
	{
		if (content.columns[k] < 0 || content.columns[k] >= head->width)
			return "content has a feature that is out of range";
		if (!isfinite(content.values[k]))
			return "content has a value that is not finite";
	}
	return NULL;
}
