// Output, and text as numbers and words.
#pragma once

#include "base.h"

// Output not yet written. The process of a trace shares this memory with its parent, so that the
// parent can write what a process printed before it died.
static struct output {
  size_t size;
  char text[1 << 17];
} * output;

// Allocates memory that is shared with children.
static void* sharedMemory(size_t size) {
  void* const got = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) _exit(9);
  return got;
}

static void flushOutput(void) {
  size_t from = 0;
  while (from < output->size) {
    const ssize_t n = write(1, output->text + from, output->size - from);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) _exit(9);
    from += (size_t)n;
  }
  output->size = 0;
}

static void put(const char* text) {
  for (; *text; ++text) {
    if (output->size + 1 == sizeof output->text) flushOutput();
    output->text[output->size++] = *text;
  }
}

static void putDecimal(u64 value) {
  char text[24], *p = text + sizeof text - 1;
  *p = 0;
  do
    *--p = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  put(p);
}

static void putSigned(int64_t value) {
  put(value < 0 ? "-" : "+");
  putDecimal(value < 0 ? 0 - (u64)value : (u64)value);
}

static void putAddress(u64 value) {
  char text[24], *p = text + sizeof text - 1;
  *p = 0;
  if (value != 0) put("0x");
  do
    *--p = "0123456789abcdef"[value & 15];
  while ((value >>= 4) != 0);
  put(p);
}

static int same(const char* a, const char* b) {
  return strcmp(a, b) == 0;
}

// Reads a number of hexadecimal digits.
static u64 hexadecimal(const char* text, const char** end) {
  u64 value = 0;
  for (;; ++text) {
    const char c = *text;
    if (c >= '0' && c <= '9')
      value = value * 16 + (u64)(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value * 16 + (u64)(c - 'a' + 10);
    else
      break;
  }
  if (end) *end = text;
  return value;
}

// Reads a number, decimal or with 0x. *end points to the character after it.
static u64 number(const char* text, const char** end) {
  u64 value = 0;
  if (text[0] == '0' && text[1] == 'x') return hexadecimal(text + 2, end);
  for (; *text >= '0' && *text <= '9'; ++text)
    value = value * 10 + (u64)(*text - '0');
  if (end) *end = text;
  return value;
}

// Splits a line into words, in place.
static int split(char* line, char** words, int most) {
  int count = 0;
  while (count < most) {
    while (*line == ' ' || *line == '\t')
      ++line;
    if (*line == 0) break;
    words[count++] = line;
    while (*line != 0 && *line != ' ' && *line != '\t')
      ++line;
    if (*line != 0) *line++ = 0;
  }
  return count;
}

// Reads a file up to the size of the buffer. Returns -1 if the file cannot be read.
static ssize_t readWhole(const char* path, char* to, size_t size) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  size_t have = 0;
  ssize_t n = 0;
  while (have + 1 < size && (n = read(file, to + have, size - 1 - have)) > 0)
    have += (size_t)n;
  close(file);
  to[have] = 0;
  return n < 0 ? -1 : (ssize_t)have;
}

static u64 numberIn(const char* path, u64 otherwise) {
  char text[32];
  return readWhole(path, text, sizeof text) > 0 ? number(text, 0) : otherwise;
}
