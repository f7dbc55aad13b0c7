/* An emulator's shadow of a guest's areas, checked against a log: it performs each call of the log,
 * and reports where the shadow and the logged result disagree.
 *
 *     cc shadow.c $(pkg-config --cflags --libs growsdown) -o shadow
 *     ./shadow calls.log
 *
 * A line of the log is a call with numbers, and its result: the return value, or the signal and
 * si_code of an access that failed. Flags and protections are Linux's numbers. `#` starts a comment.
 *
 *     rules linux-6.12-amd64
 *     mmap HINT LENGTH PROT FLAGS = RESULT
 *     munmap START LENGTH = RESULT
 *     mprotect START LENGTH PROT = RESULT
 *     limit-stack BYTES = 0
 *     read ADDRESS = 0 | SIGNAL CODE
 *     write ADDRESS = 0 | SIGNAL CODE
 *
 * Where the kernel has chosen the address of a mapping (address space randomisation), the shadow takes
 * over the logged address, unless its own areas are in the way.
 *
 * Exit codes: 0 no disagreement; 1 at least one; 2 the log cannot be read. */
#include <growsdown/address_space.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAP_FIXED 0x10
#define MAP_FIXED_NOREPLACE 0x100000

static struct growsdown_space* shadow;
static unsigned disagreements;

static void expect(unsigned line, const char* text, int64_t logged, int64_t answered) {
  if (logged == answered) return;
  ++disagreements;
  printf("%u: %s\n", line, text);
  if (answered <= -10000)
    printf("    the shadow cannot say: %s\n", growsdown_space_message(shadow));
  else
    printf("    the log has %" PRId64 " (%s), the shadow %" PRId64 " (%s)\n", logged,
           growsdown_space_error_name(logged), answered, growsdown_space_error_name(answered));
}

static void doMmap(unsigned line, const char* text, const uint64_t* n, int64_t logged) {
  uint64_t hint = n[0], flags = n[3];
  if (logged > 0 && (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == 0) {
    hint = (uint64_t)logged;
    flags |= MAP_FIXED_NOREPLACE;
  }
  expect(line, text, logged,
         growsdown_space_mmap(shadow, hint, n[1], (uint32_t)n[2], (uint32_t)flags));
}

static void doAccess(unsigned line, const char* text, uint64_t address, uint32_t access,
                     int64_t signal, int64_t code) {
  struct growsdown_space_answer answer = {.size = sizeof answer};
  const int64_t result = growsdown_space_fault(shadow, address, access, &answer);
  if (result == 0 && answer.signal == signal && (signal == 0 || answer.code == code)) return;
  ++disagreements;
  printf("%u: %s\n", line, text);
  if (result != 0)
    printf("    the shadow cannot say: %s\n", growsdown_space_message(shadow));
  else
    printf("    the log has signal %" PRId64 " code %" PRId64 ", the shadow signal %d code %d\n",
           signal, code, (int)answer.signal, (int)answer.code);
}

/* Returns 0 if the line is not understood. */
static int perform(unsigned line, const char* text) {
  char word[32];
  uint64_t n[4];
  int64_t result, code = 0;
  if (sscanf(text, "%31s", word) != 1) return 0;
  if (strcmp(word, "mmap") == 0 &&
      sscanf(text, "mmap %" SCNi64 " %" SCNi64 " %" SCNi64 " %" SCNi64 " = %" SCNi64,
             (int64_t*)&n[0], (int64_t*)&n[1], (int64_t*)&n[2], (int64_t*)&n[3], &result) == 5) {
    doMmap(line, text, n, result);
    return 1;
  }
  if (strcmp(word, "munmap") == 0 && sscanf(text, "munmap %" SCNi64 " %" SCNi64 " = %" SCNi64,
                                            (int64_t*)&n[0], (int64_t*)&n[1], &result) == 3) {
    expect(line, text, result, growsdown_space_munmap(shadow, n[0], n[1]));
    return 1;
  }
  if (strcmp(word, "mprotect") == 0 &&
      sscanf(text, "mprotect %" SCNi64 " %" SCNi64 " %" SCNi64 " = %" SCNi64, (int64_t*)&n[0],
             (int64_t*)&n[1], (int64_t*)&n[2], &result) == 4) {
    expect(line, text, result, growsdown_space_mprotect(shadow, n[0], n[1], (uint32_t)n[2]));
    return 1;
  }
  if (strcmp(word, "limit-stack") == 0 &&
      sscanf(text, "limit-stack %" SCNi64 " = %" SCNi64, (int64_t*)&n[0], &result) == 2) {
    expect(line, text, result,
           growsdown_space_set_limit(shadow, GROWSDOWN_SPACE_LIMIT_STACK, n[0]));
    return 1;
  }
  if (strcmp(word, "read") == 0 || strcmp(word, "write") == 0) {
    if (sscanf(text, "%*s %" SCNi64 " = %" SCNi64 " %" SCNi64, (int64_t*)&n[0], &result, &code) < 2)
      return 0;
    doAccess(line, text, n[0],
             strcmp(word, "read") == 0 ? GROWSDOWN_SPACE_READ : GROWSDOWN_SPACE_WRITE, result,
             code);
    return 1;
  }
  return 0;
}

int main(int argc, char** argv) {
  FILE* log = argc == 2 ? fopen(argv[1], "r") : NULL;
  char text[256], rules[64], why[256];
  unsigned line = 0;
  if (log == NULL) {
    fprintf(stderr, argc == 2 ? "shadow: cannot read the log\n" : "usage: shadow LOG\n");
    return 2;
  }
  while (fgets(text, sizeof text, log) != NULL) {
    ++line;
    text[strcspn(text, "#\n")] = 0;
    if (text[strspn(text, " \t")] == 0) continue;
    if (shadow == NULL) {
      if (sscanf(text, "rules %63s", rules) != 1) {
        fprintf(stderr, "shadow: %s:%u: the log begins with `rules NAME`\n", argv[1], line);
        return 2;
      }
      shadow = growsdown_space_create(rules, NULL, why, sizeof why);
      if (shadow == NULL) {
        fprintf(stderr, "shadow: %s:%u: %s\n", argv[1], line, why);
        return 2;
      }
    } else if (!perform(line, text)) {
      fprintf(stderr, "shadow: %s:%u: not understood: %s\n", argv[1], line, text);
      return 2;
    }
  }
  fclose(log);
  if (shadow == NULL) {
    fprintf(stderr, "shadow: %s is empty\n", argv[1]);
    return 2;
  }
  printf("%u lines, %u disagreements\n", line, disagreements);
  growsdown_space_destroy(shadow);
  return disagreements == 0 ? 0 : 1;
}
