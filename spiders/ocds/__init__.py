"""OCDS: releases of the Open Contracting Data Standard as British services publish them, and how they are read."""
