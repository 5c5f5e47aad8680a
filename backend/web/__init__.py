"""What the backend shows to browsers and hears from other servers, over HTTP."""
