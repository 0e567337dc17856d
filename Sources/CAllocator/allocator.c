#include "CAllocator.h"

#if defined(__GLIBC__) || defined(__linux__)
#include <malloc.h>
#endif

void teleport_allocator_stay_small(void) {
#if defined(__GLIBC__)
    // With one arena for each thread, what one thread freed is not used by another, and the resident
    // size grows with the number of threads.
    mallopt(M_ARENA_MAX, 2);
    // Setting them also stops glibc from raising them after the first large buffer.
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
#endif
}
