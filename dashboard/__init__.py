"""The people side: HTTP, WebSocket, sign-in and rights, and the page."""
