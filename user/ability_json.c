// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ability_json.h"

#include <stdio.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "kernel.h"

static void put_string(yajl_gen gen, const char *text)
{
	yajl_gen_string(gen, (const unsigned char *)text, strlen(text));
}

/* NULL or "": null. */
static void key_string(yajl_gen gen, const char *key, const char *text)
{
	put_string(gen, key);
	if (text && *text)
		put_string(gen, text);
	else
		yajl_gen_null(gen);
}

static void key_bool(yajl_gen gen, const char *key, bool value)
{
	put_string(gen, key);
	yajl_gen_bool(gen, value);
}

struct cause_list {
	yajl_gen gen;
	enum coverage coverage; /* those that it takes */
};

static void put_cause(const struct rule *rule, enum coverage coverage,
		      void *arg)
{
	const struct cause_list *list = arg;

	if (coverage == list->coverage)
		put_string(list->gen, rule->id);
}

/* What is found less well with @sources than with all there is. */
static void put_causes(yajl_gen gen, const struct sources *sources)
{
	struct cause_list none = { gen, COVERAGE_NONE };
	struct cause_list likely = { gen, COVERAGE_LIKELY };

	put_string(gen, "not_found");
	yajl_gen_array_open(gen);
	coverage_each_cost(sources, &everything, put_cause, &none);
	yajl_gen_array_close(gen);
	put_string(gen, "only_likely");
	yajl_gen_array_open(gen);
	coverage_each_cost(sources, &everything, put_cause, &likely);
	yajl_gen_array_close(gen);
}

static void put_part(yajl_gen gen, const struct ability *ability,
		     const struct part *part)
{
	struct sources sources =
		part->err ? ability_without_part(part) : everything;
	const char *error = NULL;
	char shape[128] = "";

	if (part->tracepoint)
		kernel_tracepoint_shape(ability->btf, part->tracepoint, shape,
					sizeof(shape));
	if (part->err && !part->present)
		error = "this kernel does not have it";
	else if (part->err)
		error = *part->refusal ? part->refusal : strerror(-part->err);
	yajl_gen_map_open(gen);
	key_string(gen, "name", part->program);
	key_string(gen, "hook", part->hook);
	key_string(gen, "shape", shape);
	key_bool(gen, "works", !part->err);
	key_string(gen, "error", error);
	key_string(gen, "since", part->since);
	key_string(gen, "lost", part->err ? part->lost : NULL);
	put_causes(gen, &sources);
	yajl_gen_map_close(gen);
}

static void put_telling(yajl_gen gen, const struct ability *ability,
			const struct telling *telling)
{
	bool told = ability->sources.tells & telling->bit;
	struct sources sources =
		told ? everything : ability_without_telling(telling);

	yajl_gen_map_open(gen);
	key_string(gen, "name", telling->name);
	key_string(gen, "what", telling->what);
	key_bool(gen, "works", told);
	key_string(gen, "since", telling->since);
	put_causes(gen, &sources);
	yajl_gen_map_close(gen);
}

static void put_privilege(yajl_gen gen, const struct privilege *privilege)
{
	yajl_gen_map_open(gen);
	key_string(gen, "name", privilege->name);
	key_string(gen, "what", privilege->what);
	key_bool(gen, "works", !privilege->err);
	key_string(gen, "error",
		   privilege->err ? strerror(-privilege->err) : NULL);
	key_string(gen, "lost", privilege->err ? privilege->lost : NULL);
	key_string(gen, "way_out", privilege->err ? privilege->way_out : NULL);
	yajl_gen_map_close(gen);
}

static void begin(yajl_gen gen, const char *release, const char *status,
		  const char *problem)
{
	yajl_gen_map_open(gen);
	key_string(gen, "type", "check");
	key_string(gen, "kernel", release);
	key_string(gen, "status", status);
	key_string(gen, "problem", problem);
}

static void end(yajl_gen gen)
{
	const unsigned char *text;
	size_t len;

	yajl_gen_map_close(gen);
	yajl_gen_get_buf(gen, &text, &len);
	printf("%.*s\n", (int)len, (const char *)text);
	yajl_gen_free(gen);
}

void ability_json(const struct ability *ability, const char *release)
{
	yajl_gen gen = yajl_gen_alloc(NULL);

	if (!gen)
		return;
	begin(gen, release, ability->full ? "ok" : "degraded", NULL);
	put_string(gen, "programs");
	yajl_gen_array_open(gen);
	for (size_t i = 0; i < ability->parts->count; i++)
		put_part(gen, ability, &ability->parts->at[i]);
	yajl_gen_array_close(gen);
	put_string(gen, "kernel_tells");
	yajl_gen_array_open(gen);
	for (int i = 0; i < TELLING_COUNT; i++)
		put_telling(gen, ability, &tellings[i]);
	yajl_gen_array_close(gen);
	put_string(gen, "privileges");
	yajl_gen_array_open(gen);
	for (int i = 0; i < PRIVILEGE_COUNT; i++)
		put_privilege(gen, &ability->privileges[i]);
	yajl_gen_array_close(gen);
	put_string(gen, "causes");
	yajl_gen_map_open(gen);
	put_causes(gen, &ability->sources);
	yajl_gen_map_close(gen);
	end(gen);
}

void ability_json_failed(const char *release, const char *problem)
{
	yajl_gen gen = yajl_gen_alloc(NULL);

	if (!gen)
		return;
	begin(gen, release, "failed", problem);
	end(gen);
}
