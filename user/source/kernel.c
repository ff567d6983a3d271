// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int kernel_btf_load(struct btf **out)
{
	*out = btf__load_vmlinux_btf();
	return *out ? 0 : -errno;
}

void kernel_btf_free(struct btf *btf)
{
	btf__free(btf);
}

/* The prototype behind "typedef void (*btf_trace_NAME)(void *, ...)". */
static const struct btf_type *tracepoint_proto(const struct btf *btf,
					       const char *name)
{
	char typedef_name[128];
	const struct btf_type *type;
	int id;

	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, typedef_name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return NULL;
	type = btf__type_by_id(btf, id);
	type = btf__type_by_id(btf, type->type); /* pointer */
	type = type ? btf__type_by_id(btf, type->type) : NULL;
	return type && btf_is_func_proto(type) ? type : NULL;
}

/* Name of the type of argument @arg (0: first after the void *), or "". */
static const char *arg_type(const struct btf *btf, const struct btf_type *proto,
			    int arg)
{
	const struct btf_type *type;
	unsigned int id;

	if (arg + 1 >= btf_vlen(proto))
		return "";
	id = btf_params(proto)[arg + 1].type;
	type = btf__type_by_id(btf, id);
	while (type && (btf_is_mod(type) || btf_is_ptr(type)))
		type = btf__type_by_id(btf, type->type);
	/* A pointer to void ends at type 0, which has no name. */
	if (!type || !type->name_off)
		return "void";
	return btf__name_by_offset(btf, type->name_off);
}

bool kernel_has_tracepoint(const struct btf *btf, const char *name)
{
	return tracepoint_proto(btf, name);
}

void kernel_tracepoint_shape(const struct btf *btf, const char *name,
			     char *text, size_t size)
{
	const struct btf_type *proto = tracepoint_proto(btf, name);
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; proto && i + 1 < btf_vlen(proto); i++) {
		int n = snprintf(text + used, size - used, "%s%s",
				 i ? ", " : "", arg_type(btf, proto, i));

		if (n < 0 || (size_t)n >= size - used)
			return;
		used += n;
	}
}

static __u8 position(const struct btf *btf, const char *tracepoint, int arg,
		     const char *type)
{
	const struct btf_type *proto = tracepoint_proto(btf, tracepoint);

	if (!proto || strcmp(arg_type(btf, proto, arg), type) != 0)
		return 0;
	return arg;
}

void kernel_shapes(const struct btf *btf, struct bpf_config *config)
{
	config->send_reset_reason_arg =
		position(btf, "tcp_send_reset", 2, "sk_rst_reason");
	config->retransmit_err_arg =
		position(btf, "tcp_retransmit_skb", 2, "int");
	config->kfree_reason_arg =
		position(btf, "kfree_skb", 2, "skb_drop_reason");
	config->kfree_rx_sk_arg = position(btf, "kfree_skb", 3, "sock");
	config->kfree_purge_reason = kernel_drop_reason(btf, "QUEUE_PURGE");
}

uint32_t kernel_tells(const struct btf *btf)
{
	struct bpf_config shapes;
	uint32_t tells = 0;

	kernel_shapes(btf, &shapes);
	if (shapes.send_reset_reason_arg)
		tells |= KERNEL_TELLS_ANSWERS | KERNEL_TELLS_NO_SOCKET;
	if (shapes.kfree_reason_arg)
		tells |= KERNEL_TELLS_WHY_DROPPED | KERNEL_TELLS_NO_SOCKET;
	if (shapes.retransmit_err_arg)
		tells |= KERNEL_TELLS_UNSENT;
	return tells;
}

static const struct {
	enum name_space space;
	const char *type;
	const char *prefix;
} enums[] = {
	{ NAME_RST_REASON, "sk_rst_reason", "SK_RST_REASON_" },
	{ NAME_DROP_REASON, "skb_drop_reason", "SKB_DROP_REASON_" },
};

int kernel_names(const struct btf *btf, const struct source_handler *handler)
{
	for (size_t i = 0; i < sizeof(enums) / sizeof(enums[0]); i++) {
		size_t prefix = strlen(enums[i].prefix);
		const struct btf_type *type;
		int id = btf__find_by_name_kind(btf, enums[i].type,
						BTF_KIND_ENUM);

		if (id < 0)
			continue; /* an older kernel */
		type = btf__type_by_id(btf, id);
		for (int v = 0; v < btf_vlen(type); v++) {
			const struct btf_enum *value = &btf_enum(type)[v];
			const char *name =
				btf__name_by_offset(btf, value->name_off);
			struct fact fact = {
				.kind = FACT_NAME,
				.name = { enums[i].space, value->val, name },
			};
			int err;

			if (!strncmp(name, enums[i].prefix, prefix))
				fact.name.name += prefix;
			err = handler->fact(handler->arg, &fact);
			if (err)
				return err;
		}
	}
	return 0;
}

static const struct btf_enum *constant(const struct btf *btf, const char *type,
				       const char *name)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, id);

	for (int v = 0; t && v < btf_vlen(t); v++) {
		const struct btf_enum *value = &btf_enum(t)[v];

		if (!strcmp(btf__name_by_offset(btf, value->name_off), name))
			return value;
	}
	return NULL;
}

bool kernel_has_helper(const struct btf *btf, const char *name)
{
	char text[64];

	snprintf(text, sizeof(text), "BPF_FUNC_%s", name);
	return constant(btf, "bpf_func_id", text);
}

int32_t kernel_drop_reason(const struct btf *btf, const char *name)
{
	const struct btf_enum *value;
	char text[64];

	snprintf(text, sizeof(text), "SKB_DROP_REASON_%s", name);
	value = constant(btf, "skb_drop_reason", text);
	return value ? value->val : EVENT_NO_REASON;
}
