/*
 * bench_rows.c
 *		Microseconds a row, by length, of each way to solve it: the break-evens
 *		of src/learn/als_row.c and als.c come from here.
 *
 * usage: bench_rows d [choice of lanes kernel]		(build as bench_als.c)
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../src/learn/als_internal.h"
#include "recal_blas.h"
#include "recal_rng.h"

#define NFIXED 20000

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

int
main(int argc, char **argv)
{
	static const int lengths[] = {1, 4, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 512};
	int			d = argc > 1 ? atoi(argv[1]) : 64;
	const RecalLanes *kernel = recal_lanes_choice(argc > 2 ? atoi(argv[2]) : 0);
	float	   *fixed = aligned_alloc(64, sizeof(float) * NFIXED * (size_t) d);
	float	   *scale = aligned_alloc(64, sizeof(float) * (size_t) d);
	float	   *x = aligned_alloc(64, sizeof(float) * 16 * (size_t) d);
	float	   *work = aligned_alloc(64, sizeof(float) * 64 * 1024 * 1024);
	int32_t    *columns = malloc(sizeof(int32_t) * 65536);
	float		confidences[512];

	recal_blas_init();
	printf("d=%d, BLAS core %s, lanes %s\n               lanes               BLAS\n   n     dual   primal     dual   primal (us a row)\n", d,
		   recal_blas_corename(), kernel->name);
	for (int64_t i = 0; i < (int64_t) NFIXED * d; i++)
		fixed[i] = (float) recal_rng_uniform(1, 1, (uint64_t) i) - 0.5f;
	for (int i = 0; i < 65536; i++)
		columns[i] = (int32_t) (recal_rng_bits(1, 2, (uint64_t) i) % NFIXED);
	for (int f = 0; f < d; f++)
		scale[f] = 1.0f / (float) (1 + f);
	for (int j = 0; j < 512; j++)
		confidences[j] = 1.0f;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
	{
		int			n = lengths[i];
		double		best[4] = {INFINITY, INFINITY, INFINITY, INFINITY};

		for (int way = 0; way < 4; way++)
			for (int repeat = 0; repeat < 5; repeat++)
			{
				double		start;
				int			done = 0;

				if (way <= 1 && recal_lanes_work_size(d, n, way == 0) > 64 * 1024 * 1024)
					continue;
				if (way == 2 && n > 2 * d)
					continue;
				start = seconds();
				while (seconds() - start < 0.01)
				{
					RecalLaneRow rows[RECAL_MAX_LANES];
					RecalLaneBatch batch = {.d = d, .nmax = n, .dual = way == 0, .fixed = fixed,
					.rows = rows, .solved = x, .work = work};
					RecalRow	row = {0};

					if (way <= 1)
					{
						for (int u = 0; u < kernel->lanes; u++)
						{
							RecalLaneRow one = {n, 1, columns + (done + u * 577) % 65000, confidences, scale, NULL, 0};

							rows[u] = one;
						}
						kernel->solve(&batch);
						done += kernel->lanes;
						continue;
					}
					row.d = d;
					row.n = n;
					row.reg = 1;
					row.fixed = fixed;
					row.columns = columns + (done * 577) % 65000;
					row.confidences = confidences;
					row.scale = scale;
					row.x = x;
					if (recal_row_solve(&row, way == 2, work, NULL, NULL) != NULL)
						return 1;
					done++;
				}
				if ((seconds() - start) / done < best[way])
					best[way] = (seconds() - start) / done;
			}
		printf("%4d %8.2f %8.2f %8.2f %8.2f\n", n, 1e6 * best[0], 1e6 * best[1], 1e6 * best[2],
			   1e6 * best[3]);
	}
	return 0;
}
