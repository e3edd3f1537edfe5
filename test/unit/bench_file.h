/*
 * bench_file.h
 *		Tab separated rows (user, item, something, time) and options of the
 *		command line.
 */
#ifndef RECAL_BENCH_FILE_H
#define RECAL_BENCH_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Fields
{
	int64_t		n;
	char	  **users;
	char	  **items;
	double	   *times;			/* the row's number where there is none */
} Fields;

static void
read_fields(const char *path, Fields *fields)
{
	FILE	   *file = fopen(path, "r");
	size_t		capacity = 1 << 16;
	char		line[4096];

	if (file == NULL)
	{
		perror(path);
		exit(1);
	}
	memset(fields, 0, sizeof(*fields));
	while (fgets(line, sizeof(line), file) != NULL)
	{
		int64_t		n = fields->n++;
		char	   *time;

		if (n == 0 || (size_t) n == capacity)
		{
			capacity *= 2;
			fields->users = realloc(fields->users, sizeof(char *) * capacity);
			fields->items = realloc(fields->items, sizeof(char *) * capacity);
			fields->times = realloc(fields->times, sizeof(double) * capacity);
		}
		fields->users[n] = strdup(strtok(line, "\t\n"));
		fields->items[n] = strdup(strtok(NULL, "\t\n"));
		(void) strtok(NULL, "\t\n");
		time = strtok(NULL, "\t\n");
		fields->times[n] = time != NULL ? atof(time) : (double) n;
	}
	fclose(file);
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Numbers the ids [n] in their order; returns how many there are, and which (NULL: no matter). */
static int64_t
number_ids(char **ids, int64_t n, int32_t *numbers, char ***names)
{
	char	  **sorted = malloc(sizeof(char *) * (size_t) n);
	int64_t		count = 0;

	memcpy(sorted, ids, sizeof(char *) * (size_t) n);
	qsort(sorted, (size_t) n, sizeof(char *), compare_ids);
	for (int64_t i = 0; i < n; i++)
		if (count == 0 || strcmp(sorted[count - 1], sorted[i]) != 0)
			sorted[count++] = sorted[i];
	for (int64_t i = 0; i < n; i++)
		numbers[i] = (int32_t) ((char **) bsearch(&ids[i], sorted, (size_t) count, sizeof(char *),
												  compare_ids) - sorted);
	if (names != NULL)
		*names = sorted;
	else
		free(sorted);
	return count;
}

/* The value of name=value, the first argument being a file */
static const char *
option(int argc, char **argv, const char *name, const char *otherwise)
{
	size_t		n = strlen(name);

	for (int i = 1; i < argc - 1; i++)
		if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=')
			return argv[i] + n + 1;
	return otherwise;
}

static double
number(int argc, char **argv, const char *name, double otherwise)
{
	const char *value = option(argc, argv, name, NULL);

	return value != NULL ? atof(value) : otherwise;
}

#endif							/* RECAL_BENCH_FILE_H */
