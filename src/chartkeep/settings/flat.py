"""Every setting of Chartkeep, flat. Values come from the environment through the typed readers of ``env``.

Nothing here is unsafe by default: DEBUG is off and no secret has a default. The table in the README
lists every variable; a house test compares the two.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONCE, NONE, SELF

from chartkeep.settings import env

PACKAGE = Path(__file__).resolve().parent.parent

# ---------------------------------------------------------------- where things are
DATA_DIR = Path(env.text("DATA_DIR", "data")).absolute()
KEY_DIR = Path(env.text("KEY_DIR", str(DATA_DIR / "keys"))).absolute()
BASE_URL = env.must_begin(
    "BASE_URL", env.text("BASE_URL", "http://localhost:8000").rstrip("/"), "http://", "https://"
)
STORAGE_URL = env.text("STORAGE_URL", (DATA_DIR / "objects").as_uri())
STORAGE_OPTIONS = env.subset("AWS_", "GOOGLE_", "AZURE_")
STORAGE_MIN_FREE = env.size("STORAGE_MIN_FREE", 200 * 2**20)

_base = urlsplit(BASE_URL)
SECURE = _base.scheme == "https"
_LOOPBACK = "localhost,127.0.0.1,[::1]"
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", _LOOPBACK if _base.hostname in {None, "localhost", "127.0.0.1"} else _base.hostname or ""
)
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]
DEBUG = False
ROOT_URLCONF = "chartkeep.urls"
WSGI_APPLICATION = "chartkeep.wsgi.application"

# ---------------------------------------------------------------- keys and secrets
SECRET_KEY = env.secret("SECRET_KEY", fallback_file=KEY_DIR / "secret_key")
ENCRYPTION_KEY = env.secret("ENCRYPTION_KEY", fallback_file=KEY_DIR / "encryption_key")
ENCRYPTION_KEY_FALLBACKS = [
    word.strip() for word in env.secret("ENCRYPTION_KEY_FALLBACKS").split(",") if word.strip()
]
ENCRYPTION_KEY_FROM_DATA_DIR = not (env.text("ENCRYPTION_KEY") or env.text("ENCRYPTION_KEY_FILE"))
FILE_ENCRYPTION_SUITE = env.choice("FILE_ENCRYPTION_SUITE", "aes-256-gcm", of=("aes-256-gcm", "fernet"))
RSA_PRIVATE_KEY_PATH = Path(env.text("RSA_PRIVATE_KEY_PATH", str(KEY_DIR / "rsa_private.pem")))
RSA_PUBLIC_KEY_PATH = Path(env.text("RSA_PUBLIC_KEY_PATH", str(KEY_DIR / "rsa_public.pem")))
RSA_PRIVATE_KEY_PASSPHRASE = env.secret("RSA_PRIVATE_KEY_PASSPHRASE")
RSA_RETIRED_DIR = KEY_DIR / "rsa_retired"
JWT_SIGNING_KEY = env.secret("JWT_SIGNING_KEY", fallback_file=KEY_DIR / "jwt_signing_key")

# ---------------------------------------------------------------- limits
MAX_UPLOAD_SIZE = env.size("MAX_UPLOAD_SIZE", 5 * 2**30)
USER_QUOTA = env.size("USER_QUOTA", 0)  # bytes; 0 = no quota
TRASH_DAYS = env.whole("TRASH_DAYS", 30, least=1)
ORPHAN_AGE = timedelta(hours=env.whole("ORPHAN_AGE_HOURS", 24, least=1))
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
# Django's own handlers spool large files to disk in clear. Nothing is taken unless a view asks for it.
FILE_UPLOAD_HANDLERS = ["chartkeep.lib.refuse_files.RefuseFiles"]

# ---------------------------------------------------------------- the parts
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
    "django_cotton.apps.SimpleAppConfig",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "chartkeep.audit",
    "chartkeep.keyring",
    "chartkeep.accounts",
    "chartkeep.records",
    "chartkeep.sharing",
    "chartkeep.web",
    "chartkeep.api",
    "chartkeep.ops",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "chartkeep.web.static_files.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "chartkeep.web.middleware.PrivateResponses",
    "chartkeep.web.middleware.DomainErrors",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "chartkeep.web.templatetags.chartkeep"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "chartkeep.web.context.page",
            ],
        },
    }
]
# The templates of allauth's forms are ours; Django's form widgets come from its own package.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# ---------------------------------------------------------------- database
_sqlite = f"sqlite:///{DATA_DIR / 'chartkeep.sqlite3'}"
DATABASE_URL = env.must_begin(
    "DATABASE_URL", env.secret("DATABASE_URL") or _sqlite, "sqlite://", "postgres://", "postgresql://"
)
DATABASES: dict[str, dict[str, Any]] = {"default": dict(dj_database_url.parse(DATABASE_URL))}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
else:
    _database["OPTIONS"] = {
        **(_database.get("OPTIONS") or {}),
        "pool": {"min_size": 1, "max_size": env.whole("DATABASE_POOL_SIZE", 8, least=1), "timeout": 10},
    }
AUDIT_LOG_SHARDS = env.whole("AUDIT_LOG_SHARDS", 1 if _sqlite == DATABASE_URL else 16, least=1)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---------------------------------------------------------------- accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SIGNUP_MODE = env.choice("SIGNUP_MODE", "invitation", of=("invitation", "open", "closed"))
INVITATION_LIFETIME = timedelta(days=7)

ACCOUNT_ADAPTER = "chartkeep.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True  # a link would carry a secret to the server in its URL
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False  # a session ends with the browser, or earlier
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _base.scheme
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"

MFA_ADAPTER = "chartkeep.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Chartkeep"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _base.hostname in {"localhost", "127.0.0.1"}
USERSESSIONS_ADAPTER = "chartkeep.accounts.adapters.SessionsAdapter"
USERSESSIONS_TRACK_ACTIVITY = False  # would write an address at every request

HEADLESS_CLIENTS = ("app",)
HEADLESS_ONLY = False
HEADLESS_TOKEN_STRATEGY = "chartkeep.accounts.tokens.TokenStrategy"  # noqa: S105 - a dotted path
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_PRIVATE_KEY = JWT_SIGNING_KEY
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 300
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 86_400
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
HEADLESS_SERVE_SPECIFICATION = False

SESSION_ENGINE = "chartkeep.accounts.sessions"
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "chartkeep.web.errors.csrf_failure"
IDLE_LOGOUT_MINUTES = env.whole("IDLE_LOGOUT_MINUTES", 15, least=1)

# ---------------------------------------------------------------- mail
EMAIL_URL = env.secret("EMAIL_URL")  # smtp://user:password@host:587/?tls=true ; empty = the mailbox folder
MAILBOX_DIR = DATA_DIR / "mailbox"
EMAIL_BACKEND = "chartkeep.accounts.mailbox.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", f"Chartkeep <chartkeep@{_base.hostname or 'localhost'}>")

# ---------------------------------------------------------------- the browser's guards
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not "no-referrer": with it browsers send "Origin: null" with every form, and the CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False  # TLS is ended here (TLS_CERT) or at the proxy, which redirects
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
X_FRAME_OPTIONS = "DENY"
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES")
TLS_CERT = env.text("TLS_CERT")
TLS_KEY = env.text("TLS_KEY")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE, "'strict-dynamic'"],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF, "blob:"],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["htmx"],
    },
}
PERMISSIONS_POLICY = {
    "camera": "self",
    "publickey-credentials-get": "self",
    "publickey-credentials-create": "self",
    "geolocation": [],
    "microphone": [],
    "payment": [],
    "usb": [],
    "interest-cohort": [],
}

# ---------------------------------------------------------------- static files
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(PACKAGE / "web" / "static" / "dist")))

# ---------------------------------------------------------------- jobs
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

# ---------------------------------------------------------------- language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# ---------------------------------------------------------------- caches and logs
# Shared by all processes and nodes, because rate limits are counted in it (JSON, hashed keys).
CACHES = {"default": {"BACKEND": "chartkeep.accounts.counters.SharedCache"}}
LOG_LEVEL = env.choice("LOG_LEVEL", "info", of=("debug", "info", "warning", "error")).upper()
LOGGING_CONFIG = "chartkeep.lib.logs.configure"
LOGGING = {"level": LOG_LEVEL}
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # addresses belong into the audit log, sealed
DJANGO_STRUCTLOG_USER_ID_FIELD = None
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # see SECURE_SSL_REDIRECT
    "auth.W004",  # addresses are unique whatever their case, by a constraint on Lower(email)
]
