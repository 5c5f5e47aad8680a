"""The edge: what every call goes through on its way in and out."""
