"""What scripts and assistants may ask for, over the API of the page and over MCP.

``calls.py`` does it, with the same checks for both; ``ways.py`` lists every call with typed
parameters; ``ui/web/api.py`` and ``mcp_server.py`` offer them.
"""
