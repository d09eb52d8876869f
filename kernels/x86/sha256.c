// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-256.  Source: FIPS 180-4.  Its constants, the first 32 bits of the fractions of square and
 * cube roots of primes, are computed once.
 */
#include "boot.h"
#include "wide.h"

static u32 initial[8], round_words[64];

/* floor(root(prime) * 2^32), its low 32 bits. */
static u32 root_fraction(u32 power, u32 prime)
{
	u64 n = 0;

	for (u64 bit = 1ULL << 37; bit; bit >>= 1) {
		if (below_power(n | bit, power, prime))
			n |= bit;
	}
	return n;
}

static void make_constants(void)
{
	u32 nr = 0;

	for (u32 n = 2; nr < 64; n++) {
		bool prime = true;

		for (u32 d = 2; d * d <= n; d++)
			prime &= n % d != 0;
		if (!prime)
			continue;
		if (nr < 8)
			initial[nr] = root_fraction(2, n);
		round_words[nr++] = root_fraction(3, n);
	}
}

static u32 rotate(u32 x, u32 n)
{
	return x >> n | x << (32 - n);
}

static void add_block(u32 state[8], const u8 *block)
{
	u32 w[64], a[8], t1, t2;

	for (int i = 0; i < 16; i++)
		w[i] = (u32)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 |
		       block[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	for (int i = 0; i < 8; i++)
		a[i] = state[i];
	for (int i = 0; i < 64; i++) {
		t1 = a[7] + (rotate(a[4], 6) ^ rotate(a[4], 11) ^ rotate(a[4], 25)) +
		     ((a[4] & a[5]) ^ (~a[4] & a[6])) + round_words[i] + w[i];
		t2 = (rotate(a[0], 2) ^ rotate(a[0], 13) ^ rotate(a[0], 22)) +
		     ((a[0] & a[1]) ^ (a[0] & a[2]) ^ (a[1] & a[2]));
		for (int k = 7; k > 0; k--)
			a[k] = a[k - 1];
		a[4] += t1;
		a[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		state[i] += a[i];
}

void sha256_init(struct sha256 *s)
{
	if (!initial[0])
		make_constants();
	s->len = 0;
	for (int i = 0; i < 8; i++)
		s->state[i] = initial[i];
}

void sha256_add(struct sha256 *s, const void *data, u64 len)
{
	const u8 *bytes = data;

	for (u64 i = 0; i < len; i++) {
		s->block[s->len++ % 64] = bytes[i];
		if (s->len % 64 == 0)
			add_block(s->state, s->block);
	}
}

void sha256_end(struct sha256 *s, u8 ret[32])
{
	u64 bits = 8 * s->len;
	u8 byte = 0x80;

	sha256_add(s, &byte, 1);
	byte = 0;
	while (s->len % 64 != 56)
		sha256_add(s, &byte, 1);
	for (int i = 56; i >= 0; i -= 8) {
		byte = bits >> i;
		sha256_add(s, &byte, 1);
	}
	for (int i = 0; i < 32; i++)
		ret[i] = s->state[i / 4] >> (24 - i % 4 * 8);
}
