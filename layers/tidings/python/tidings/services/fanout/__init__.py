"""The fan-out engine: from one fact to its audience, in bounded, replayable chunks.

A planner (`plan`) reads an audience, cuts it and puts the pieces on the lanes; workers (`work`) apply a kind's effect
(`kinds`) to each piece.  Posts use it (`posts`); what else has an audience registers a kind.
"""
