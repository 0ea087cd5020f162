"""The methods and objects of the Bot API that the local server knows, field by field.

A line is `name`, `!` where it is required, `:` and its type. Types: `int`, `str`, `bool`, `float`, `chat`
(number or @name), `mode`, `file` (id, URL or upload), `markup`, an object's name, `[type]` for lists;
`(low..high)` bounds a number, or the length of a text in characters, of `bytes` in UTF-8 bytes.
"""

_SENT = """message_thread_id:int business_connection_id:str disable_notification:bool
  protect_content:bool allow_paid_broadcast:bool message_effect_id:str
  reply_parameters:ReplyParameters reply_markup:markup"""
_TEXT = "parse_mode:mode entities:[MessageEntity] link_preview_options:LinkPreviewOptions"
_CAPTION = """caption:str parse_mode:mode caption_entities:[MessageEntity]
  show_caption_above_media:bool"""
_PLACE = "business_connection_id:str chat_id:chat message_id:int inline_message_id:str"

METHODS: dict[str, str] = {
    "getMe": "",
    "getUpdates": "offset:int limit:int(1..100) timeout:int(0..) allowed_updates:[str]",
    "setWebhook": """url!:str certificate:file ip_address:str max_connections:int(1..100)
      allowed_updates:[str] drop_pending_updates:bool secret_token:str(1..256)""",
    "deleteWebhook": "drop_pending_updates:bool",
    "getWebhookInfo": "",
    "sendMessage": f"chat_id!:chat text!:str {_TEXT} {_SENT}",
    "sendPhoto": f"chat_id!:chat photo!:file {_CAPTION} has_spoiler:bool {_SENT}",
    "sendVideo": f"""chat_id!:chat video!:file duration:int(0..) width:int(1..) height:int(1..)
      thumbnail:file cover:file start_timestamp:int(0..) {_CAPTION} has_spoiler:bool
      supports_streaming:bool {_SENT}""",
    "sendDocument": f"""chat_id!:chat document!:file thumbnail:file
      disable_content_type_detection:bool caption:str parse_mode:mode
      caption_entities:[MessageEntity] {_SENT}""",
    "sendChatAction": """business_connection_id:str chat_id!:chat message_thread_id:int
      action!:str""",
    "editMessageText": f"{_PLACE} text!:str {_TEXT} reply_markup:InlineKeyboardMarkup",
    "editMessageCaption": f"{_PLACE} {_CAPTION} reply_markup:InlineKeyboardMarkup",
    "editMessageReplyMarkup": f"{_PLACE} reply_markup:InlineKeyboardMarkup",
    "deleteMessage": "chat_id!:chat message_id!:int",
    "deleteMessages": "chat_id!:chat message_ids!:[int](1..100)",
    "answerCallbackQuery": """callback_query_id!:str text:str(0..200) show_alert:bool url:str
      cache_time:int(0..)""",
    "getFile": "file_id!:str",
    "getChat": "chat_id!:chat",
    "setMyCommands": "commands!:[BotCommand](0..100) scope:BotCommandScope language_code:str",
}

OBJECTS: dict[str, str] = {
    "MessageEntity": """type!:str offset!:int(0..) length!:int(1..) url:str user:User language:str
      custom_emoji_id:str""",
    "BotCommand": "command!:str(1..32) description!:str(1..256)",
    "BotCommandScope": "type!:str",
    "User": "id!:int is_bot!:bool first_name!:str last_name:str username:str language_code:str",
    "LinkPreviewOptions": """is_disabled:bool url:str prefer_small_media:bool
      prefer_large_media:bool show_above_text:bool""",
    "ReplyParameters": """message_id!:int chat_id:chat allow_sending_without_reply:bool
      quote:str(0..1024) quote_parse_mode:mode quote_entities:[MessageEntity]
      quote_position:int(0..)""",
    "InlineKeyboardMarkup": "inline_keyboard!:[[InlineKeyboardButton]]",
    "InlineKeyboardButton": """text!:str(1..) url:str callback_data:bytes(1..64) web_app:WebAppInfo
      login_url:LoginUrl switch_inline_query:str switch_inline_query_current_chat:str
      copy_text:CopyTextButton pay:bool""",
    "WebAppInfo": "url!:str",
    "LoginUrl": "url!:str forward_text:str bot_username:str request_write_access:bool",
    "CopyTextButton": "text!:str(1..256)",
    "ReplyKeyboardMarkup": """keyboard!:[[KeyboardButton]] is_persistent:bool resize_keyboard:bool
      one_time_keyboard:bool input_field_placeholder:str(1..64) selective:bool""",
    "KeyboardButton": """text!:str(1..) request_contact:bool request_location:bool
      request_poll:KeyboardButtonPollType web_app:WebAppInfo""",
    "KeyboardButtonPollType": "type:str",
    "ReplyKeyboardRemove": "remove_keyboard!:bool selective:bool",
    "ForceReply": "force_reply!:bool input_field_placeholder:str(1..64) selective:bool",
}

MARKUPS = {
    "inline_keyboard": "InlineKeyboardMarkup",
    "keyboard": "ReplyKeyboardMarkup",
    "remove_keyboard": "ReplyKeyboardRemove",
    "force_reply": "ForceReply",
}
"""The kinds of `reply_markup`, by the field that only they have."""

ENTITY_TYPES = frozenset(
    {
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
    }
)
MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_PHOTO_BYTES = 10_000_000
MAX_FILE_BYTES = 50_000_000
