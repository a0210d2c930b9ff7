using System.Text.Json;
using System.Text.Json.Serialization;

namespace SparseTopK.Benchmarks;

/// <summary>One measured cell of a table: a line of the JSON Lines that benchmarks write and read.</summary>
/// <param name="Table">The table.</param>
/// <param name="Case">Its line: shape and parameters.</param>
/// <param name="Column">What was timed.</param>
/// <param name="Seconds">The median time of one call, in seconds.</param>
/// <param name="Ratio">That over the time of the table's first column, in the same run.</param>
/// <param name="Bytes">Managed bytes allocated by one call.</param>
/// <param name="Error">Why there is no time.</param>
internal sealed record Measurement(
    string Table, string Case, string Column, double Seconds, double? Ratio = null, long? Bytes = null, string? Error = null)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>One line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>Reads JSON Lines; empty lines count for nothing.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="FormatException">A line is not a measurement: the message names file and line.</exception>
    public static IReadOnlyList<Measurement> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file {path}.", path);
        }

        return [.. File.ReadLines(path).Select((text, i) => (text, Line: i + 1)).Where(line => line.text.Length > 0)
            .Select(line => Parse(line.text, path, line.Line))];
    }

    private static Measurement Parse(string text, string path, int line)
    {
        try
        {
            return JsonSerializer.Deserialize<Measurement>(text, Options) ?? throw new JsonException("null is no measurement.");
        }
        catch (JsonException error)
        {
            throw new FormatException($"{path}, line {line}: {error.Message}", error);
        }
    }
}
