"""What the site's pages show, computed from `public.db` and settings: pure, typed and tested apart from the web.

The plugins in `site/plugins/` only connect these with Datasette and with templates.
"""
