"""Which names of Python and its usual libraries only calculate, only read, or set up the process.

What is not in these tables is not proven to be anything.
"""


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


SCALAR_BUILTINS = words(
    "abs all any ascii bin bool bytes callable chr complex float format hash hex id int"
    " isinstance issubclass len oct ord pow repr round str"
)
PURE_BUILTINS = SCALAR_BUILTINS | words(
    "bytearray dict divmod enumerate filter frozenset getattr hasattr iter list map max min"
    " object print range reversed set slice sorted sum tuple type zip display BaseException"
    " Exception ValueError TypeError KeyError IndexError RuntimeError AssertionError"
    " ArithmeticError ZeroDivisionError StopIteration"
)
PURE_MODULES = words(
    "math cmath statistics itertools functools operator collections string re json decimal"
    " fractions datetime calendar textwrap dataclasses enum typing typing_extensions copy"
    " bisect heapq hashlib base64 unicodedata difflib html numbers random uuid zoneinfo numpy"
    " pandas matplotlib seaborn scipy sklearn polars plotly altair statsmodels time pathlib io"
    " csv IPython warnings array struct types abc secrets pyarrow"
)
"""Modules whose functions calculate, but for the names below."""
READERS = words(
    "read_csv read_parquet read_json read_excel read_table read_feather read_pickle read_orc"
    " read_fwf read_html read_xml read_stata read_sas read_spss read_hdf read_ipc scan_csv"
    " scan_parquet scan_ipc fromfile load loadtxt genfromtxt memmap imread read_text"
    " read_bytes exists is_file is_dir stat iterdir glob rglob listdir getsize getmtime walk"
    " scandir getcwd cwd home resolve absolute samefile"
)
"""Functions and methods that look at files and change nothing."""
WRITERS = words(
    "save savez savez_compressed savetxt tofile dump to_pickle to_feather to_hdf to_stata"
    " to_orc to_parquet to_sql to_excel to_clipboard to_gbq to_file savefig imsave write"
    " writelines write_text write_bytes write_csv write_parquet write_json write_ipc"
    " write_excel write_database write_html write_image write_delta sink_csv sink_parquet"
    " mkdir unlink rmdir touch symlink_to hardlink_to chmod rename_file ExcelWriter HDFStore"
    " ParquetWriter read_sql read_sql_query read_sql_table read_gbq read_clipboard open send"
    " post put commit execute executemany run system system_raw exec_module urlretrieve"
    " urlopen remove_file"
)
"""Functions and methods that change something outside, or may."""
TEXT_OR_FILE = words("to_csv to_json to_html to_latex to_markdown to_string to_xml")
"""Methods that give a text, or write a file where they are given a place."""
SETTERS = words(
    "seed set_option reset_option set_printoptions use set_theme set_style set_palette"
    " set_context simplefilter filterwarnings set_matplotlib_formats"
    " register_matplotlib_converters set_loglevel rc set_config enable_string_cache seterr setbufsize"
    " register_dialect unregister_dialect field_size_limit resetwarnings setcontext"
)
"""Functions of modules that set up the process: run again before anything else goes on."""
CLOCKS = words("now today utcnow time time_ns perf_counter monotonic localtime gmtime")
RANDOM_MODULES = ("random", "numpy.random", "uuid", "secrets")
PATHS = words("Path PurePath PosixPath PurePosixPath")
PATH_PURE = words(
    "with_name with_suffix with_stem joinpath relative_to is_relative_to as_posix as_uri"
    " match is_absolute expanduser"
)
SETUP_MAGICS = words("matplotlib config load_ext reload_ext autoreload precision pylab autosave")
SETUP_PLACES = (
    "sys.path",
    "os.environ",
    "matplotlib.rcParams",
    "matplotlib.pyplot.rcParams",
    "pandas.options",
)
FRESH = words(
    "copy deepcopy to_dict to_list tolist to_numpy to_records to_frame sum mean min max count"
    " size median std var describe agg aggregate merge pivot_table pivot melt sort_values"
    " reset_index value_counts nunique unique assign dropna fillna groupby resample rolling"
    " round abs rename drop_duplicates corr quantile cumsum diff pct_change astype isin isna"
    " notna mode idxmax idxmin nlargest nsmallest apply map item filter with_columns group_by"
    " sort select rank shift between clip mul add sub div any all explode stack unstack query"
)
"""Methods of tables, lists and numbers that give something new and leave what they are called on alone."""
TABLE_MAKERS = words(
    "DataFrame Series concat merge merge_asof read_csv read_parquet read_json read_excel read_table"
    " read_feather read_fwf to_datetime to_numeric date_range crosstab pivot_table melt get_dummies"
    " json_normalize"
)
"""Functions of pandas that give a new table or column."""
NO_TABLES = words(
    "groupby rolling resample iterrows itertuples items keys values to_dict to_list tolist to_records"
    " to_numpy apply map agg aggregate pipe transform plot hist array attrs"
)
"""Methods and attributes of tables that give something else, or objects in it."""
UNTOUCHING = FRESH | words(
    "head tail items keys values get index loc iloc at iat xs info plot hist show transform"
    " pipe iterrows itertuples sample to_period to_datetime to_timestamp strftime isoformat"
    " date"
)
"""Methods that leave what they are called on alone, but may give parts of it."""
OF_CONTAINERS = words("add sort")
"""Methods that change a set or a list, and leave a table alone."""
TEXT_LISTS = words("split rsplit splitlines partition rpartition")
ANYTHING = words("exec eval globals locals vars setattr delattr get_ipython __import__")
"""Functions that may set any name."""
PYTHON_MAGICS = words("time capture timeit prun")
"""Magics of a whole cell whose text is Python all the same."""
APART_MAGICS = words(
    "bash sh script html HTML markdown javascript js latex svg SVG writefile file perl ruby"
)
"""Magics of a whole cell that leave the variables of Python alone."""
PLAIN_MARKS = words(
    "functools lru_cache cache property staticmethod classmethod contextlib contextmanager"
)
"""Decorators that change nothing but speed."""
OS_READERS = words(
    "os.getcwd os.listdir os.getenv os.environ.get os.fspath os.cpu_count os.getpid"
)
FILE_READERS = words("read readline readlines close seek")
FILE_TAKERS = words(
    "json.load csv.reader csv.DictReader list sorted len sum print enumerate pandas.read_csv"
)
"""What may be handed an open file: it only reads it."""
FIRM_MODULES = words("math cmath statistics datetime decimal fractions uuid zoneinfo time")
"""Modules whose values never change once they are there."""
CHANGERS = words(
    "heapify heappush heappop heapreplace heappushpop insort insort_left insort_right shuffle setitem"
    " delitem put copyto fill_diagonal place putmask iadd iconcat"
)
"""Functions of modules that change what they are given."""
PASSING_ON = words(
    "copy itertools functools collections operator heapq bisect random types array dataclasses"
)
"""Modules whose functions may give parts of what they are given."""
OUTSIDE = words(
    "open os shutil subprocess requests httpx urllib smtplib ftplib sqlite3 zipfile tarfile gzip"
    " tempfile glob"
)
"""What acts outside of the process, or looks there, and leaves nothing in it but what it gives."""
SQL = words("duckdb.sql duckdb.query duckdb.execute")
"""Functions that run the SQL they are given."""
