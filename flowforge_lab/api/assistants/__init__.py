"""Workflows as tools of assistants that speak MCP: what is offered to whom, one call, the ways in."""
