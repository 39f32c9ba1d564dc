"""What the two players minimise: the factors with their discriminators, what a factor costs (`losses`), further terms.

Imports engine, layers, graph, settings and common.
"""

from graphical_gan.game.game import Game
from graphical_gan.game.losses import Costs
from graphical_gan.game.objective import Objective
from graphical_gan.game.terms import Term

__all__ = ["Costs", "Game", "Objective", "Term"]
