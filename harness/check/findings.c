// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "findings_rules.h"

// clang-format off
/*
 * Feature numbers: asm/cpufeatures.h of each kernel; 371 is CLEAR_CPU_BUF in 5.10.  IBT: kernels
 * that are built with it seal functions (.ibt_endbr_seal), which 5.10 and Debian's 6.1 are not.
 * Static calls again: arch/x86 asks static_call_init() to start over once returns are patched;
 * 6.12, 7.2.  Nesting: ALTERNATIVE_2 and _3 of 6.10 and later.  Overruns: emit_indirect() and the
 * loops that fill up a site, arch/x86/kernel/alternative.c; before 7.2 what does not fit is not
 * written.
 */
static const struct pvp_text_rules generations[] = {
	/* gen.   retpoline lfence its  rethunk call_depth ibt  repeats  nests  overruns */
	{ "5.10",       364,   365,   0,    366,         0,   0, false,   false, false },
	{ "6.1",        364,   365, 677,    366,         0, 596, false,   false, false },
	{ "6.12",       364,   365, 678,    366,       371, 596, true,    true,  false },
	{ "7.2",        364,   365, 682,    366,       371, 596, true,    true,  true },
};
// clang-format on

void pvp_finding_add(struct pvp_check_result *result, const struct pvp_site *site, uint64_t addr,
		     const struct pvp_finding_text *text)
{
	result->findings = pvp_reallocarray(result->findings, result->nr_findings + 1,
					    sizeof(*result->findings));
	result->findings[result->nr_findings++] = (struct pvp_finding){
		.kind = pvp_strdup(text->kind),
		.site = site,
		.addr = addr,
		.rule = pvp_strdup(text->rule),
		.detail = text->detail ? pvp_strdup(text->detail) : NULL,
		.error = text->error,
	};
}

static void print_bytes(FILE *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%s%02x", i ? " " : "", bytes[i]);
}

static void judge_site(const struct pvp_check_input *input, const struct pvp_cell *cell,
		       struct pvp_check_result *result)
{
	const struct pvp_site *site = cell->site;
	uint8_t *predicted = pvp_calloc(site->len, 1), *is = pvp_calloc(site->len, 1);
	struct pvp_finding_text text = {
		.kind = "byte-mismatch",
		.rule = "the text differs from the prediction",
		.error = cell->verdict != PVP_EQUIVALENT,
	};
	char *detail;
	bool known;
	size_t len;
	FILE *out;

	known = pvp_patched_bytes(input->patched, input->image, site->addr, site->len, predicted);
	memcpy(is, predicted, site->len);
	pvp_patched_lay(input->given, site->addr, site->len, is);
	if (known && memcmp(is, predicted, site->len)) {
		if (!memcmp(is, site->linked, site->len)) {
			text.kind = "missing-patch";
			text.rule = "the tables say that the site is patched, and it is not";
			text.error = true;
		}
		out = open_memstream(&detail, &len);
		fprintf(out, "text is ");
		print_bytes(out, is, site->len);
		fprintf(out, ", predicted ");
		print_bytes(out, predicted, site->len);
		fclose(out);
		text.detail = detail;
		pvp_finding_add(result, site, site->addr, &text);
		free(detail);
	}
	free(predicted);
	free(is);
}

/* missing-patch and byte-mismatch at every site that was judged. */
static void find_bytes(const struct pvp_check_input *input, struct pvp_check_result *result)
{
	if (!input->given || !input->given->nr)
		return;
	for (size_t i = 0; i < result->nr_cells; i++)
		if (result->cells[i].verdict != PVP_SKIPPED)
			judge_site(input, &result->cells[i], result);
}

void pvp_inspection_add(struct pvp_inspection *in, uint64_t addr,
			const struct pvp_finding_text *text, const char *fmt, ...)
{
	const struct pvp_sites *sites = in->input->sites;
	const struct pvp_site *site = pvp_sites_find(sites, addr);
	struct pvp_finding_text whole = *text;
	char *detail = NULL;
	va_list ap;

	if (in->input->wanted && (!site || !in->input->wanted[site - sites->v]))
		return;
	if (fmt) {
		va_start(ap, fmt);
		detail = pvp_vasprintf(fmt, ap);
		va_end(ap);
	}
	whole.detail = detail;
	pvp_finding_add(in->result, site, addr, &whole);
	free(detail);
}

static void lay_text(const struct pvp_check_input *input, struct pvp_laid *ret)
{
	const struct pvp_image *image = input->image;

	memset(ret, 0, sizeof(*ret));
	ret->core = pvp_find_symbol(image, "_text");
	ret->core_end = pvp_find_symbol(image, "_etext");
	for (size_t i = 0; i < image->nr_sections; i++) {
		const struct pvp_section *section = &image->sections[i];
		struct pvp_laid_section *to;

		if (!section->exec || !section->data || !section->len)
			continue;
		to = pvp_push(&ret->sections, &ret->nr, &ret->cap);
		to->addr = section->addr;
		to->len = section->len;
		to->bytes = memcpy(pvp_calloc(section->len, 1), section->data, section->len);
		pvp_patched_lay(input->patched, to->addr, to->len, to->bytes);
		if (input->given)
			pvp_patched_lay(input->given, to->addr, to->len, to->bytes);
	}
}

static void laid_deinit(struct pvp_laid *laid)
{
	for (size_t i = 0; i < laid->nr; i++)
		free(laid->sections[i].bytes);
	free(laid->sections);
}

const uint8_t *pvp_laid_upto(const struct pvp_laid *laid, uint64_t addr, size_t max, size_t *len)
{
	for (size_t i = 0; i < laid->nr; i++) {
		const struct pvp_laid_section *s = &laid->sections[i];

		if (addr - s->addr >= s->len)
			continue;
		*len = s->len - (addr - s->addr) < max ? s->len - (addr - s->addr) : max;
		return s->bytes + (addr - s->addr);
	}
	*len = 0;
	return NULL;
}

const uint8_t *pvp_laid_bytes(const struct pvp_laid *laid, uint64_t addr, size_t len)
{
	size_t there;
	const uint8_t *bytes = pvp_laid_upto(laid, addr, len, &there);

	return there == len ? bytes : NULL;
}

bool pvp_laid_is_core(const struct pvp_laid *laid, uint64_t addr)
{
	return addr >= laid->core && addr < laid->core_end;
}

uint64_t pvp_rel32_target(const uint8_t *bytes, uint64_t addr, unsigned opcode)
{
	uint32_t rel = 0;

	for (unsigned i = 0; i < 4; i++)
		rel |= (uint32_t)bytes[opcode + i] << (8 * i);
	return addr + opcode + 4 + (int64_t)(int32_t)rel;
}

size_t pvp_modrm_len(const uint8_t *bytes, size_t len)
{
	size_t end = 1;
	uint8_t mod, rm;

	if (!len)
		return 0;
	mod = bytes[0] >> 6;
	rm = bytes[0] & 7;
	if (mod != 3 && rm == 4) { /* SIB */
		if (len < 2)
			return 0;
		rm = bytes[end++] & 7;
	}
	end += mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 5) ? 4 : 0;
	return end <= len ? end : 0;
}

/* Bytes in front that change nothing about a near branch: NOPs, and prefixes of its own. */
static size_t idle_len(const uint8_t *bytes, size_t len)
{
	static const uint8_t prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3};
	size_t i = 0, modrm;

	while (i < len) {
		if (bytes[i] == 0x90 || (bytes[i] & 0xf0) == 0x40 ||
		    memchr(prefixes, bytes[i], sizeof(prefixes))) {
			i++;
			continue;
		}
		if (len - i < 3 || bytes[i] != 0x0f || bytes[i + 1] != 0x1f)
			break;
		modrm = pvp_modrm_len(bytes + i + 2, len - i - 2);
		if (!modrm)
			break;
		i += 2 + modrm;
	}
	return i;
}

bool pvp_is_return(const uint8_t *bytes, size_t len)
{
	size_t i = idle_len(bytes, len);

	return i < len && (bytes[i] == 0xc3 || bytes[i] == 0xc2);
}

size_t pvp_indirect_len(const uint8_t *bytes, size_t len)
{
	size_t i = idle_len(bytes, len), rest;

	if (i + 2 > len || bytes[i++] != 0xff)
		return 0;
	if ((bytes[i] & 0x38) != 0x10 && (bytes[i] & 0x38) != 0x20)
		return 0;
	rest = pvp_modrm_len(bytes + i, len - i);
	return rest ? i + rest : 0;
}

uint64_t pvp_find_symbol(const struct pvp_image *image, const char *name)
{
	struct pvp_error *err;
	uint64_t addr = 0;

	err = pvp_image_symbol(image, name, &addr);
	if (!err)
		return addr;
	pvp_error_destroy(err);
	return 0;
}

static const struct pvp_text_rules *rules_of(const struct pvp_check_input *input)
{
	const char *generation = input->tables->generation;

	for (size_t i = 0; generation && i < ARRAY_SIZE(generations); i++)
		if (input->image->arch == PVP_ARCH_AMD64 &&
		    !strcmp(generations[i].generation, generation))
			return &generations[i];
	return NULL;
}

static struct pvp_mitigations mitigations_of(const struct pvp_platform *platform,
					     const struct pvp_text_rules *rules)
{
	struct pvp_mitigations on = {0};
	const struct {
		unsigned number;
		bool *to;
	} bits[] = {
		{rules->retpoline, &on.retpoline},
		{rules->lfence, &on.lfence},
		{rules->its, &on.its},
		{rules->rethunk, &on.rethunk},
		{rules->call_depth, &on.call_depth},
		{rules->ibt, &on.ibt},
	};

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		*bits[i].to = bits[i].number && pvp_platform_has_feature(platform, bits[i].number);
	return on;
}

struct pvp_error *pvp_findings(const struct pvp_check_input *input, struct pvp_check_result *result)
{
	struct pvp_inspection in = {
		.input = input,
		.rules = rules_of(input),
		.result = result,
	};
	struct pvp_error *err;

	find_bytes(input, result);
	lay_text(input, &in.laid);
	if (in.rules) {
		in.on = mitigations_of(input->platform, in.rules);
		pvp_find_returns(&in);
		pvp_find_retpolines(&in);
		pvp_find_pads(&in);
		pvp_find_endbr(&in);
		pvp_find_patcher(&in);
	}
	pvp_find_tables(&in);
	pvp_find_unexplained(&in);
	err = pvp_find_branches(&in);
	laid_deinit(&in.laid);
	return err;
}
