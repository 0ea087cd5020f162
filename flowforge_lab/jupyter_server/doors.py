"""Who may connect: whom the Jupyter server knows, and its authorizer lets execute."""

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

RESOURCE = "flowforge"


async def refuse_strangers(handler: JupyterHandler) -> None:
    """Do nothing where whoever connects may.

    Raises:
        HTTPError: they may not, or nobody knows them.
    """
    user = handler.current_user
    if user is None:
        raise web.HTTPError(403)
    asked = handler.authorizer.is_authorized(handler, user, "execute", RESOURCE)
    if not await ensure_async(asked):
        raise web.HTTPError(403)
