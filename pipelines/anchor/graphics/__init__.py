"""What is laid over the presenter: lower thirds, panels, quotes, charts, bumpers, headlines.

Each is a painter: asked for one of its frames, it gives the pictures to be laid on, in order.
It knows nothing of what else is on the screen and draws the same for the same number.
"""

#: Raised whenever the same graphics would give other pixels than before.
GRAPHICS_VERSION = 2
