"""`make demo`: the main job on real input, checked by somebody who had no part in it."""
