# Upshift. Needs Python 3.11 or newer, make and git; everything else is installed into .venv.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
DEVELOPMENT := DEBUG=on ENV_FILE=
PRODUCTION := DEBUG=off ENV_FILE= SECRET_KEY=for-the-check-alone-1234567890-abcdefghijklmnopqrst ALLOWED_HOSTS=upshift.example
# The demo runs as in production, but for HTTPS; its key protects made-up data on this machine alone.
DEMO := DEBUG=off ENV_FILE= HTTPS=off LOG_LEVEL=WARNING ALLOWED_HOSTS=127.0.0.1,localhost \
  SECRET_KEY=for-the-demo-alone-1234567890-abcdefghijklmnopqrstuvw DATABASE_URL=sqlite:///demo.sqlite3 \
  CRM_URL=https://crm.example/accounts/{reference} BILLING_URL=https://billing.example/customers/{reference} \
  SUPPORT_URL=https://support.example/search?customer={id}
TEMPLATES := git ls-files --cached --others --exclude-standard 'templates/*.html'

.PHONY: help demo test lint format coverage mutants bench pins clean

help:
	@echo "make demo      start Upshift with made-up data on http://127.0.0.1:$(PORT)"
	@echo "make test      run every test: on SQLite, on PostgreSQL, in a browser"
	@echo "make lint      check style, types, imports, templates, migrations, settings"
	@echo "make format    rewrite Python files and templates in the project's style"
	@echo "make coverage  show which lines and branches no test reaches (SQLite)"
	@echo "make mutants   change the rules in one place after the other, and list what no test sees (an hour)"
	@echo "make bench     measure speed on PostgreSQL"
	@echo "make pins      compile requirements/*.in into pinned requirements/*.txt"
	@echo "make clean     remove what the other commands made"

# --- packages: .venv/<name>.stamp says that requirements/<name>.txt is installed ---------------------------------------
# Each file of pins is a whole closure. Without --no-deps pip would resolve extras again, and refuse them where a newer
# version than the pinned one is out; pip check then says whether the closure is whole.

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Upshift needs Python 3.11 or newer; name one with make PYTHON=...")'
	$(PYTHON) -m venv .venv

.venv/%.stamp: requirements/%.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	$(BIN)/python -m pip check --disable-pip-version-check
	@touch $@

# --- demo --------------------------------------------------------------------------------------------------------------

# The database is made aside and moved into place, so that an interrupted start leaves no half of it behind.
# The demo runs with DEBUG off, where seed_demo asks for --force: its people have known passwords.
demo.sqlite3: | .venv/demo.stamp
	@echo "Making the demo's data ..."
	@rm -f demo.new.sqlite3*
	@$(DEMO:demo.sqlite3=demo.new.sqlite3) $(BIN)/python manage.py migrate --verbosity 0
	@$(DEMO:demo.sqlite3=demo.new.sqlite3) $(BIN)/python manage.py seed_demo --force > demo.logins
	@mv demo.new.sqlite3 demo.sqlite3

# The server, and beside it the worker that applies what is scheduled: both stop together.
demo: .venv/demo.stamp demo.sqlite3
	@$(DEMO) $(BIN)/python manage.py migrate --verbosity 0
	@$(DEMO) $(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@cat demo.logins
	@echo "Upshift: http://127.0.0.1:$(PORT)/   (Ctrl-C stops it; make demo PORT=8001 takes another port)"
	@$(DEMO) $(BIN)/python manage.py apply_amendments --repeat > /dev/null
	@export $(DEMO); server=; stops=; trap 'stops=1; kill $$server 2> /dev/null' INT TERM HUP; \
	  $(BIN)/python manage.py db_worker --verbosity 0 --interval 5 & worker=$$!; \
	  $(BIN)/gunicorn --bind 127.0.0.1:$(PORT) --log-level warning --access-logfile /dev/null & server=$$!; \
	  if [ "$$stops" ]; then kill $$server; fi; \
	  while wait $$server; code=$$?; kill -0 $$server 2> /dev/null; do :; done; \
	  kill $$worker 2> /dev/null; wait $$worker; exit $$code

# --- checks ------------------------------------------------------------------------------------------------------------

test: .venv/test.stamp
	@$(BIN)/python -m tests.run

lint: .venv/lint.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(DEVELOPMENT) $(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --lint --quiet templates
	$(TEMPLATES) | xargs $(BIN)/djade --target-version 5.2 --check
	$(DEVELOPMENT) $(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

format: .venv/lint.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(TEMPLATES) | xargs $(BIN)/djade --target-version 5.2

coverage: .venv/test.stamp
	$(BIN)/python -m pytest -q --cov --cov-report=term

# ONLY=<file or folder> tries the mutants of that alone; MUTANTS="--every 7" a part of them.
mutants: .venv/mutants.stamp
	@$(BIN)/python -m tests.mutation $(MUTANTS) $(ONLY)

bench: .venv/test.stamp
	$(BIN)/python -m tests.bench

# --- care --------------------------------------------------------------------------------------------------------------

pins: .venv/lint.stamp
	cd requirements && for name in base demo test mutants lint; do \
	  UV_PYTHON_DOWNLOADS=never ../$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	    --no-emit-index-url --no-header $$name.in -o $$name.txt || exit 1; done

clean:
	rm -rf .venv staticfiles htmlcov .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	rm -f demo.logins demo.sqlite3* demo.new.sqlite3*
