"""Cutting texts and streams into the pieces that make trouble."""
# Sizes of the pieces that a streamed text and its bytes are cut into, in turn.
TEXT_CUTS = (1, 4, 2, 7, 3)
BYTE_CUTS = (3, 17, 1, 40, 5)


def cut(whole, sizes=TEXT_CUTS):
    start, turn = 0, 0
    while start < len(whole):
        yield whole[start:start + sizes[turn % len(sizes)]]
        start, turn = start + sizes[turn % len(sizes)], turn + 1


def alternate(lists):
    """One of each list in turn."""
    lists = list(lists)
    for at in range(max(map(len, lists), default=0)):
        yield from (events[at] for events in lists if at < len(events))
