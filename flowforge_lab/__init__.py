"""FlowForge Lab: draw a workflow in JupyterLab, run it on a durable engine, ask its history with SQL and pandas."""
