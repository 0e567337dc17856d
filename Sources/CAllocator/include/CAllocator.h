#ifndef TELEPORT_CALLOCATOR_H
#define TELEPORT_CALLOCATOR_H

/// Keeps the C allocator's footprint small, where it can be told so; harmless elsewhere.
void teleport_allocator_stay_small(void);

#endif
