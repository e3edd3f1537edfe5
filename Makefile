# recal: recommendations and active learning inside PostgreSQL
#
#   make && make install          build and install for the pg_config in PATH
#   make PG_CONFIG=/path/to/...   for another server
#   make test | demo | report | bench | check-versions
#                                 on Debian and Ubuntu these install what they need

MODULE_big = recal
EXTENSION = recal
DATA = $(wildcard sql/recal--*.sql)
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/learn/*.c src/pg/*.c src/sql/*.c)))

REGRESS = install define options rights serve cache types recommend_all evaluate explain feedback select similar content forget ratings report tune network network_content sample simulate ranker ranker_serve
REGRESS_OPTS = --inputdir=.

# specs and their expected output lie in test/; 16 looks for the latter with an option of its own
ISOLATION := $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test $(if $(filter 15,$(MAJORVERSION)),,--expecteddir=test)

WARNINGS = -Wall -Wextra -Wno-unused-parameter -Wno-declaration-after-statement
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif
# the headers and flags of a server built with gcc hold things that clang does not know
CLANG_WARNINGS = $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),-Wno-unknown-warning-option -Wno-ignored-optimization-argument -Wno-ignored-attributes)

PG_CPPFLAGS = -Iinclude $(OPENBLAS_CFLAGS)
PG_CFLAGS = -std=gnu11 $(WARNINGS) $(CLANG_WARNINGS) -ftree-vectorize -MMD -MP
SHLIB_LINK = $(OPENBLAS_LIBS)

EXTRA_CLEAN = build $(OBJS:.o=.d) results regression.diffs regression.out output_iso tmp_check tmp_check_iso log portlock

comma := ,

# What this run is to make decides what has to be there: the scripts behind
# these targets look after themselves, unit tests need no server.
SCRIPTED = test demo report bench check-versions
GOALS = $(or $(MAKECMDGOALS),all)
COMPILES := $(filter-out $(SCRIPTED) clean distclean maintainer-clean,$(GOALS))
NEEDS_SERVER := $(filter-out $(SCRIPTED) unit,$(GOALS))

# goals without a recipe below come from PGXS
.DEFAULT_GOAL := all
.PHONY: all objects unit $(SCRIPTED)

#
# OpenBLAS: the serial build where it is installed (Debian and Ubuntu keep it
# beside the default one), and its static library where there is one, hidden in
# recal.so. Give OPENBLAS_CFLAGS and OPENBLAS_LIBS to decide otherwise.
#
ifneq ($(COMPILES),)
ifndef OPENBLAS_LIBS
PKG_CONFIG ?= pkg-config
PKG_DIRS := $(subst :, ,$(shell $(PKG_CONFIG) --variable pc_path pkg-config 2>/dev/null))
SERIAL_DIR := $(firstword $(patsubst %/openblas.pc,%,$(wildcard $(addsuffix /../openblas-serial/pkgconfig/openblas.pc,$(PKG_DIRS)))))
FIND_OPENBLAS := $(if $(SERIAL_DIR),PKG_CONFIG_PATH="$(SERIAL_DIR):$$PKG_CONFIG_PATH" )$(PKG_CONFIG)

ifneq ($(shell $(FIND_OPENBLAS) --exists openblas 2>/dev/null && echo found),found)
$(error OpenBLAS was not found by $(PKG_CONFIG). Install pkg-config and libopenblas-serial-dev (Debian, Ubuntu), pkgconf and openblas-devel (Fedora, RHEL), or set OPENBLAS_LIBS)
endif

OPENBLAS_CFLAGS := $(shell $(FIND_OPENBLAS) --cflags openblas)
OPENBLAS_ARCHIVE := $(wildcard $(shell $(FIND_OPENBLAS) --variable=libdir openblas)/libopenblas.a)
OPENBLAS_LIBS := $(if $(OPENBLAS_ARCHIVE),$(OPENBLAS_ARCHIVE) -Wl$(comma)--exclude-libs$(comma)ALL,$(shell $(FIND_OPENBLAS) --libs openblas)) -lm
endif
endif

#
# The server's own rules
#
ifneq ($(NEEDS_SERVER),)
PG_CONFIG ?= $(or $(shell command -v pg_config),$(lastword $(sort $(wildcard /usr/lib/postgresql/*/bin/pg_config))))
PGXS := $(if $(PG_CONFIG),$(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null)))
ifneq ($(PGXS),)
# bitcode for the JIT is left out where the server's clang is not installed
SERVER_CLANG := $(shell sed -n 's/^CLANG *= *//p' '$(dir $(PGXS))../Makefile.global')
ifeq ($(shell command -v $(or $(SERVER_CLANG),clang)),)
override with_llvm = no
endif
include $(PGXS)
-include $(OBJS:.o=.d)
$(OBJS:.o=.bc): $(wildcard include/*.h src/*/*.h)
else ifneq ($(filter-out clean distclean maintainer-clean,$(NEEDS_SERVER)),)
$(error No PostgreSQL to build for: $(if $(PG_CONFIG),$(PG_CONFIG) knows of no PGXS,pg_config was not found). Install postgresql-server-dev-NN (Debian, Ubuntu) or postgresqlNN-devel (Fedora, RHEL) for your server, or set PG_CONFIG)
else
clean distclean maintainer-clean:
	rm -rf recal.so $(OBJS) $(OBJS:.o=.bc) $(EXTRA_CLEAN)
endif
endif

objects: $(OBJS)

#
# Unit tests of src/learn, without a server
#
UNIT_TESTS := $(patsubst test/unit/%.c,build/unit/%,$(sort $(wildcard test/unit/test_*.c)))
UNIT_LEARN := $(patsubst src/learn/%.c,build/unit/learn/%.o,$(sort $(wildcard src/learn/*.c)))
UNIT_BENCHES := $(patsubst test/unit/%.c,build/unit/%.o,$(sort $(wildcard test/unit/bench_*.c)))
UNIT_CFLAGS = -std=gnu11 -g -O2 -ftree-vectorize -fno-strict-aliasing -fwrapv $(WARNINGS) -Iinclude $(OPENBLAS_CFLAGS)

build/unit/learn/%.o: src/learn/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

build/unit/%.o: test/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -MMD -MP -c -o $@ $<

build/unit/test_%: build/unit/test_%.o $(UNIT_LEARN)
	$(CC) -o $@ $^ $(OPENBLAS_LIBS) -lcmocka -lm

# benches are run by hand, and are to go on compiling
unit: $(UNIT_TESTS) $(UNIT_BENCHES)
	@status=0; for t in $(UNIT_TESTS); do echo "# $$t"; ./$$t || status=1; done; exit $$status

.SECONDARY: $(UNIT_LEARN) $(addsuffix .o,$(UNIT_TESTS))
-include $(UNIT_LEARN:.o=.d) $(addsuffix .d,$(UNIT_TESTS)) $(UNIT_BENCHES:.o=.d)

#
# Scripts
#
test:
	@bash test/run.sh

demo:
	@bash test/demo/run.sh

report:
	@bash test/demo/report.sh

bench:
	@bash test/bench/run.sh

check-versions:
	@bash test/check-versions.sh
