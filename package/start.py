"""Where the packaged app starts: the same command line, or the probe of the display, which is a child of the app itself."""

import sys

from runtime_app.installation import forget_own_libraries
from runtime_app.view import probe

forget_own_libraries()
if sys.argv[1:] == [probe.ARGUMENT]:
    probe.try_window()
else:
    from runtime_app.__main__ import main

    main()
