// The lucide icons that node types and the editor may use, by their kebab name. Others fall back to `box`.

import {
  Activity, AlarmClock, Archive, ArrowDown, ArrowLeft, ArrowLeftRight, ArrowRight, ArrowRightLeft, ArrowUp, AtSign, Ban, Bell, Binary, Book, BookOpen, Bookmark, BookmarkPlus, Bot,
  Box, Braces, Brain, Bug, Calculator, Calendar, CalendarClock, ChartBar, ChartColumn, ChartLine, ChartPie, Check, ChevronDown,
  ChevronRight, ChevronUp, CircleAlert, CircleCheck, CircleDot, CircleHelp, CirclePause, CirclePlay, CircleStop, CircleX, Clipboard, Clock, Cloud, Code,
  Cog, Combine, Command, Contact, Copy, CornerDownRight, CornerUpLeft, Cpu, CreditCard, Crosshair, Database, Dices, Download, Ellipsis, EllipsisVertical, Equal, ExternalLink, Eye,
  EyeOff, File, FileCode, FileInput, FileOutput, FileSpreadsheet, FileText, Files, FilterX, Flag, Flame, FlaskConical, Folder, FolderOpen, Forward,
  Funnel, Gauge, Gift, GitBranch, GitCommitHorizontal, GitCompare, GitFork, GitMerge, GitPullRequest, Globe, GripVertical, Hand, Hash, Heart, History,
  Hourglass, Image, Inbox, Info, Joystick, Key, Keyboard, LayoutDashboard, LayoutGrid, Layers, Link, Link2, List, ListChecks, ListFilter, ListOrdered, LoaderCircle,
  Lock, LogIn, LogOut, Mail, MailOpen, Map as MapIcon, MapPin, Maximize, Maximize2, Megaphone, Merge, MessageCircle, MessageSquare, Mic, Minimize2, Minus, MousePointerClick,
  Network, Newspaper, Notebook, NotebookPen, Package, PackageOpen, Paperclip, Pause, PauseCircle, Pencil, Phone, Pin, Play, Plug, Plus, Power, Puzzle, QrCode, Radio,
  Receipt, Redo2, RefreshCcw, RefreshCw, Regex, Repeat, Repeat2, Reply, Rocket, RotateCcw, Route, Rss, Save, Scale, Scissors, ScrollText, Search, Send, Server, Settings, Settings2,
  Share2, Shield, ShieldCheck, ShoppingCart, Shuffle, Sigma, Signpost, SkipForward, SlidersHorizontal, Smartphone, Sparkles, Split, SquareCheck, SquareCode, SquareFunction, SquareTerminal,
  Star, StarOff, StickyNote, Square, Sun, Table, Table2, TableProperties, Tag, Target, Terminal, TestTube, Text, Timer, ToggleLeft, Trash2, TriangleAlert, Truck, Type, Undo2, Upload, User,
  UserCheck, UserPlus, Users, Variable, Video, Wallet, Wand, WandSparkles, Waypoints, Webhook, Workflow, Wrench, X, Zap, ZoomIn, ZoomOut, PanelLeft, PanelRight, PanelBottom,
} from "lucide";

const BY_NAME = {
  Activity, AlarmClock, Archive, ArrowDown, ArrowLeft, ArrowLeftRight, ArrowRight, ArrowRightLeft, ArrowUp, AtSign, Ban, Bell, Binary, Book, BookOpen, Bookmark, BookmarkPlus, Bot,
  Box, Braces, Brain, Bug, Calculator, Calendar, CalendarClock, ChartBar, ChartColumn, ChartLine, ChartPie, Check, ChevronDown,
  ChevronRight, ChevronUp, CircleAlert, CircleCheck, CircleDot, CircleHelp, CirclePause, CirclePlay, CircleStop, CircleX, Clipboard, Clock, Cloud, Code,
  Cog, Combine, Command, Contact, Copy, CornerDownRight, CornerUpLeft, Cpu, CreditCard, Crosshair, Database, Dices, Download, Ellipsis, EllipsisVertical, Equal, ExternalLink, Eye,
  EyeOff, File, FileCode, FileInput, FileOutput, FileSpreadsheet, FileText, Files, FilterX, Flag, Flame, FlaskConical, Folder, FolderOpen, Forward,
  Funnel, Gauge, Gift, GitBranch, GitCommitHorizontal, GitCompare, GitFork, GitMerge, GitPullRequest, Globe, GripVertical, Hand, Hash, Heart, History,
  Hourglass, Image, Inbox, Info, Joystick, Key, Keyboard, LayoutDashboard, LayoutGrid, Layers, Link, Link2, List, ListChecks, ListFilter, ListOrdered, LoaderCircle,
  Lock, LogIn, LogOut, Mail, MailOpen, Map: MapIcon, MapPin, Maximize, Maximize2, Megaphone, Merge, MessageCircle, MessageSquare, Mic, Minimize2, Minus, MousePointerClick,
  Network, Newspaper, Notebook, NotebookPen, Package, PackageOpen, Paperclip, Pause, PauseCircle, Pencil, Phone, Pin, Play, Plug, Plus, Power, Puzzle, QrCode, Radio,
  Receipt, Redo2, RefreshCcw, RefreshCw, Regex, Repeat, Repeat2, Reply, Rocket, RotateCcw, Route, Rss, Save, Scale, Scissors, ScrollText, Search, Send, Server, Settings, Settings2,
  Share2, Shield, ShieldCheck, ShoppingCart, Shuffle, Sigma, Signpost, SkipForward, SlidersHorizontal, Smartphone, Sparkles, Split, SquareCheck, SquareCode, SquareFunction, SquareTerminal,
  Star, StarOff, StickyNote, Square, Sun, Table, Table2, TableProperties, Tag, Target, Terminal, TestTube, Text, Timer, ToggleLeft, Trash2, TriangleAlert, Truck, Type, Undo2, Upload, User,
  UserCheck, UserPlus, Users, Variable, Video, Wallet, Wand, WandSparkles, Waypoints, Webhook, Workflow, Wrench, X, Zap, ZoomIn, ZoomOut, PanelLeft, PanelRight, PanelBottom,
};

const kebab = (name) => name.replace(/([a-z])([A-Z0-9])/g, "$1-$2").replace(/(\d)([A-Z])/g, "$1-$2").toLowerCase();

const ICONS = Object.fromEntries(Object.entries(BY_NAME).map(([name, shape]) => [kebab(name), shape]));

// Names that lucide has given up but people still know.
const ALIASES = { filter: "funnel", "bar-chart": "chart-bar", "line-chart": "chart-line", "pie-chart": "chart-pie", "alert-circle": "circle-alert", "alert-triangle": "triangle-alert", "help-circle": "circle-help", "check-circle": "circle-check", "play-circle": "circle-play", "stop-circle": "circle-stop", loader: "loader-circle", "git-commit": "git-commit-horizontal", "wand-2": "wand-sparkles", fork: "git-fork" };

export const iconShape = (name) => ICONS[name] || ICONS[ALIASES[name]] || ICONS.box;
