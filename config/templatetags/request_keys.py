"""The tag of forms that make something."""

from django import template
from django.utils.safestring import SafeString

from config.request_keys import hidden_key

register = template.Library()


@register.simple_tag
def request_key() -> SafeString:
    """Render the hidden field with the one-time key of a form: sent twice, the form makes one thing."""
    return hidden_key()
