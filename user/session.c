// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "page.h"
#include "recording.h"

struct session {
	const struct options *options;
	struct host *host;
	struct sink *sink;
	struct pipeline *pipeline;
	struct recorder *recorder;
	struct source_handler inner; /* the pipeline's */
	struct source_handler outer; /* ours: record, then pass on */
	int output_err;
	int record_err;
};

/* stdout is line-buffered by time: after each batch, not after each line. */
static int check_output(struct session *s)
{
	if (!s->output_err && (fflush(stdout) || ferror(stdout)))
		s->output_err = -errno;
	return s->output_err;
}

static int keep_record_err(struct session *s, int err)
{
	if (err && !s->record_err)
		s->record_err = err;
	return err;
}

static int on_fact(void *arg, const struct fact *fact)
{
	struct session *s = arg;
	int record_err = 0, err;

	/* A fact goes on in any case: the summary needs the counts. */
	if (s->recorder)
		record_err =
			keep_record_err(s, recorder_fact(s->recorder, fact));
	err = s->inner.fact(s->inner.arg, fact);
	return err ? err : record_err;
}

static int on_event(void *arg, const struct event_header *event)
{
	struct session *s = arg;
	int err = 0;

	if (s->recorder)
		err = keep_record_err(s, recorder_event(s->recorder, event));
	if (!err)
		err = s->inner.event(s->inner.arg, event);
	if (!err && ferror_unlocked(stdout))
		err = check_output(s);
	return err;
}

static int on_tick(void *arg, uint64_t now)
{
	struct session *s = arg;
	int err = s->inner.tick(s->inner.arg, now);

	if (!err && s->recorder)
		err = keep_record_err(s, recorder_flush(s->recorder));
	return err ? err : check_output(s);
}

static bool on_wants(void *arg, uint64_t now, struct holder_query *query)
{
	struct session *s = arg;

	return s->inner.wants(s->inner.arg, now, query);
}

static uint64_t on_due(void *arg)
{
	struct session *s = arg;

	return s->inner.due(s->inner.arg);
}

/* https://no-color.org: set and not empty means no. */
static bool wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term &&
	       strcmp(term, "dumb") != 0;
}

static struct sink *new_sink(const struct session *s)
{
	struct sink_options o = {
		.out = stdout,
		.host = s->host,
		.record = s->options->record,
		.clock = s->options->clock,
		.colour = wants_colour(),
		.why_only = s->options->why_only,
		.no_fold = s->options->no_fold,
		.replayed = s->options->replayed,
		.width = page_terminal_width(),
	};

	if (s->options->quiet)
		return quiet_sink_new(&o);
	return s->options->json ? json_sink_new(&o) : text_sink_new(&o);
}

/* What comes in one turn goes out in one write; see check_output(). */
static void widen_output(void)
{
	static char buffer[256 << 10]; /* as long as stdout lives: to the end */

	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
}

struct session *session_new(const struct options *options)
{
	struct session *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		goto no_memory;
	s->options = options;
	widen_output();
	s->host = host_new();
	if (!s->host)
		goto no_memory;
	s->sink = new_sink(s);
	if (!s->sink)
		goto no_memory;
	s->pipeline = pipeline_new(s->host, options->scope, s->sink,
				   options->max_sockets);
	if (!s->pipeline)
		goto no_memory;
	if (options->record) {
		err = recorder_open(&s->recorder, options->record);
		if (err) {
			fprintf(stderr, "tcpwhy: cannot create '%s': %s\n",
				options->record, strerror(-err));
			session_free(s);
			return NULL;
		}
	}
	s->inner = pipeline_handler(s->pipeline);
	s->outer = (struct source_handler){ on_fact,  on_event, on_tick,
					    on_wants, on_due,	s };
	return s;

no_memory:
	fprintf(stderr, "tcpwhy: out of memory\n");
	session_free(s);
	return NULL;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	recorder_close(s->recorder);
	pipeline_free(s->pipeline);
	sink_free(s->sink);
	host_free(s->host);
	free(s);
}

const struct source_handler *session_handler(struct session *s)
{
	return &s->outer;
}

int session_scope(struct session *s, uint32_t root)
{
	struct fact fact = { .kind = FACT_SCOPE };

	if (root)
		scope_set_root(s->options->scope, root);
	if (!s->recorder)
		return 0;
	fact.scope.root_pid = root;
	fact.scope.filters = scope_text(s->options->scope);
	return keep_record_err(s, recorder_fact(s->recorder, &fact));
}

void session_start(struct session *s)
{
	s->sink->ops->start(s->sink);
}

void session_ready(struct session *s)
{
	if (s->recorder)
		keep_record_err(s, recorder_flush(s->recorder));
	check_output(s);
}

static void explain_output(int err)
{
	if (err == -EPIPE)
		fprintf(stderr, "tcpwhy: standard output was closed by its "
				"reader: stopped\n");
	else
		fprintf(stderr, "tcpwhy: cannot write to standard output: %s\n",
			strerror(-err));
}

int session_end(struct session *s, int err, bool truncated, uint64_t bad)
{
	int status = EXIT_OK;
	int close_err;

	if (!s->output_err) {
		pipeline_end(s->pipeline, truncated, bad);
		check_output(s);
	}
	close_err = recorder_close(s->recorder);
	s->recorder = NULL;
	keep_record_err(s, close_err);
	if (s->output_err) {
		explain_output(s->output_err);
		status = EXIT_FAILED;
	}
	if (s->record_err) {
		fprintf(stderr,
			"tcpwhy: cannot write '%s': %s; what it holds so far "
			"can be replayed\n",
			s->options->record, strerror(-s->record_err));
		status = EXIT_FAILED;
	}
	if (err && err != s->output_err && err != s->record_err) {
		fprintf(stderr, "tcpwhy: stopped: %s\n", strerror(-err));
		status = EXIT_FAILED;
	}
	return status;
}
