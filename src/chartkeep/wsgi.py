"""The WSGI entry. WSGI, not ASGI: Django's ASGI handler spools request bodies to disk in clear."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chartkeep.settings.flat")
application = get_wsgi_application()
