"""Forms of the first run and of invitations."""

from django import forms
from django.utils.translation import gettext_lazy as _


class TokenForm(forms.Form):
    """The token of a link, moved here from the fragment of its address by a script."""

    token = forms.CharField(widget=forms.HiddenInput(), max_length=64)


class SetUpForm(TokenForm):
    """The first account."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters. Several words are easy to remember and hard to guess."),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
