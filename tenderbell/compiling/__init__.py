"""From notices to opportunities: the only place where they meet.

`compile_archive` follows the archive from the cursor that it keeps in `public.db`; `rebuild` does it all again.
"""

from tenderbell.compiling.following import CompileReport, compile_archive, rebuild

__all__ = ["CompileReport", "compile_archive", "rebuild"]
