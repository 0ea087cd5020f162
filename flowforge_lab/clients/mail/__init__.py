"""Mail: composed once, sent by SMTP or Resend; mailboxes read over IMAP."""

from .imap import Letter, Mailbox, MailboxAddress, count_unseen
from .message import MailFile, MailMessage, MailSent, check_addresses
from .resend import ResendAddress, ask_domains, send_by_resend
from .smtp import SmtpAddress, greet, send_by_smtp
from .templates import fill_template, table_of_records

__all__ = [
    "Letter",
    "MailFile",
    "MailMessage",
    "MailSent",
    "Mailbox",
    "MailboxAddress",
    "ResendAddress",
    "SmtpAddress",
    "ask_domains",
    "check_addresses",
    "count_unseen",
    "fill_template",
    "greet",
    "send_by_resend",
    "send_by_smtp",
    "table_of_records",
]
