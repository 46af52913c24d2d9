"""Write the databases that are missing."""

from tests.keeping.schemas import write_missing

for path in write_missing():
    print(path)
