using System.Globalization;

namespace SparseTopK.FakeCuda.Translation;

/// <summary>Every opcode that is understood, written out with its modifiers and types: what is not here stops the translation.</summary>
/// <remarks>A line of the table (InstructionTable.Lines.cs) stands for several opcodes: {x,y} is either, {I} a set of <see cref="Sets"/>. To add
/// an instruction, add a line.</remarks>
internal static partial class InstructionTable
{
    private static readonly Dictionary<string, string> Sets = new()
    {
        ["I"] = "s16,s32,s64,u16,u32,u64",
        ["S"] = "s16,s32,s64",
        ["U"] = "u16,u32,u64",
        ["B"] = "b16,b32,b64",
        ["F"] = "f32,f64",
        ["I8"] = "s8,s16,s32,s64,u8,u16,u32,u64",
        ["ANY"] = "b16,b32,b64,s16,s32,s64,u16,u32,u64,f16,f32,f64",
        ["MEMORY"] = "b8,b16,b32,b64,s8,s16,s32,s64,u8,u16,u32,u64,f16,f32,f64",
    };

    private static readonly Dictionary<string, Operation> Operations = [];

    static InstructionTable()
    {
        AddIntegers();
        AddFloats();
        AddBits();
        AddComparisons();
        AddConversions();
        AddMemory();
        AddAtomics();
        AddControl();
    }

    public static IReadOnlyDictionary<string, Operation> All => Operations;

    /// <summary>Adds opcodes that share an expression.</summary>
    /// <param name="opcodes">As the remarks of this class say.</param>
    /// <param name="types">Of the operand that is written (or -) and of those that are read; T is the opcode's last suffix.</param>
    /// <param name="expression">See <see cref="Formula.Expression"/>.</param>
    /// <param name="waits">See <see cref="Formula.Waits"/>.</param>
    private static void Add(string opcodes, string types, string expression, bool waits = false)
    {
        foreach (var opcode in Expand(opcodes))
        {
            var names = types.Split(' ').Select(type => type == "T" ? Suffix(opcode) : type).ToList();
            var result = names[0] == "-" ? default(PtxType?) : PtxType.Parse(names[0]);
            Operations.Add(opcode, new Formula(result, [.. names.Skip(1).Select(name => PtxType.Parse(name))], Fill(expression, Suffix(opcode)), MayWiden: false, waits));
        }
    }

    private static void AddConversion(string opcodes, string of, string expression)
    {
        foreach (var opcode in Expand(opcodes))
        {
            var to = opcode.Split('.')[^2];
            Operations.Add(opcode, new Formula(PtxType.Parse(to), [PtxType.Parse(of)], Fill(expression, to), MayWiden: true, Waits: false));
        }
    }

    private static void AddAccess(string opcodes, Func<int, PtxType, Operation> operation)
    {
        foreach (var (count, vector) in new[] { (1, ""), (2, ".v2"), (4, ".v4") })
        {
            foreach (var opcode in Expand(opcodes + vector + ".{MEMORY}"))
            {
                Operations.Add(opcode, operation(count, PtxType.Parse(Suffix(opcode))));
            }
        }
    }

    private static void AddAtomic(string opcodes, int operands, string expression)
    {
        foreach (var (space, suffix) in new[] { (Space.Generic, ""), (Space.Global, ".global"), (Space.Shared, ".shared") })
        {
            foreach (var opcode in Expand(opcodes))
            {
                // ILGPU writes the space behind the operation, the manual before it.
                var (name, type) = (opcode[..opcode.IndexOf('.', StringComparison.Ordinal)], Suffix(opcode));
                foreach (var order in new[] { $"{suffix}.{name}", $".{name}{suffix}" }.Distinct())
                {
                    Operations.Add($"atom{order}.{type}", new Atomic(space, PtxType.Parse(type), operands, expression, HasResult: true));
                    Operations.Add($"red{order}.{type}", new Atomic(space, PtxType.Parse(type), operands, expression, HasResult: false));
                }
            }
        }
    }

    private static string Suffix(string opcode) => opcode[(opcode.LastIndexOf('.') + 1)..];

    private static string Fill(string expression, string type) => PtxType.TryParse(type, out var known)
        ? expression.Replace("$T", known.C, StringComparison.Ordinal).Replace("$N", known.Bits.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        : expression;

    private static IEnumerable<string> Expand(string pattern)
    {
        var open = pattern.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
        {
            return [pattern];
        }

        var close = pattern.IndexOf('}', open);
        var choices = pattern[(open + 1)..close].Split(',').SelectMany(choice => Sets.TryGetValue(choice, out var set) ? set.Split(',') : [choice]);
        return choices.SelectMany(choice => Expand(pattern[..open] + choice + pattern[(close + 1)..]));
    }
}
