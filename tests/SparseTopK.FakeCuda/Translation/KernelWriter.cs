using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SparseTopK.FakeCuda.Ptx;

namespace SparseTopK.FakeCuda.Translation;

/// <summary>A kernel as C, and what the driver must know of it.</summary>
internal sealed record TranslatedKernel(Kernel Kernel, string Code, int SharedBytes, int LocalBytes, bool Synchronizes);

/// <summary>Writes a kernel as a function of C that runs one thread of it: a statement for each instruction, a variable for each register.</summary>
internal sealed partial class KernelWriter
{
    private readonly Kernel _kernel;
    private readonly RegisterFile _registers = new();
    private readonly Dictionary<string, int> _labels = [];
    private readonly Dictionary<string, BranchTargets> _targets = [];
    private readonly StringBuilder _declarations = new();
    private readonly StringBuilder _code = new();
    private bool _synchronizes;

    private KernelWriter(Kernel kernel) => _kernel = kernel;

    /// <summary>Translates PTX.</summary>
    /// <exception cref="PtxException">Something in it is not understood.</exception>
    public static TranslatedKernel Translate(string ptx)
    {
        var writer = new KernelWriter(Parser.Read(ptx));
        return writer.Write();
    }

    private TranslatedKernel Write()
    {
        foreach (var statement in _kernel.Body)
        {
            Declare(statement);
        }

        foreach (var statement in _kernel.Body)
        {
            if (statement is Label label)
            {
                Append($"L{_labels[label.Name]}: ;");
            }
            else if (statement is Instruction instruction)
            {
                Append(Guarded(instruction, Translate(instruction)));
            }
        }

        var code = $"#include \"kernel.h\"\n#define UNSET 0xCDCDCDCDCDCDCDCDULL\nvoid kernel(Thread *t)\n{{\n{_declarations}{_code}}}\n";
        return new(_kernel, code, _registers.SharedBytes, _registers.LocalBytes, _synchronizes);
    }

    private void Declare(Statement statement)
    {
        switch (statement)
        {
            case Registers registers:
                _declarations.Append("    ").Append(_registers.Declare(registers)).Append('\n');
                break;
            case Variable variable:
                _registers.Declare(variable);
                break;
            case Label label when !_labels.TryAdd(label.Name, _labels.Count):
                throw new PtxException(label.Line, $"the label {label.Name} stands twice");
            case BranchTargets targets:
                _targets.Add(targets.Name, targets);
                break;
        }
    }

    private void Append(string line) => _code.Append("    ").Append(line).Append('\n');

    private string Guarded(Instruction instruction, string code)
    {
        if (instruction.Predicate is null)
        {
            return code;
        }

        var predicate = _registers.Read(instruction.Line, new Name(instruction.Predicate), PtxType.Predicate, mayBeWider: false);
        return $"if ({(instruction.IsNegated ? "!" : "")}{predicate}) {code}";
    }

    private string Translate(Instruction instruction)
    {
        // A branch with .uni promises that all threads of the warp take it together, which a predicate makes doubtful: ILGPU's O2 promises wrongly.
        switch (instruction.Opcode)
        {
            case "bra" or "bra.uni" when instruction.Opcode == "bra" || instruction.Predicate is null:
                Expect(instruction, 1);
                return $"goto {LabelOf(instruction, instruction.Operands[0])};";
            case "brx.idx":
                Expect(instruction, 2);
                return IndexedBranch(instruction);
        }

        if (!InstructionTable.All.TryGetValue(instruction.Opcode, out var operation))
        {
            throw new PtxException(instruction.Line, $"the instruction {(instruction.Predicate is null ? "" : "@p ")}{instruction.Opcode} is not known");
        }

        return operation switch
        {
            Formula formula => Translate(instruction, formula),
            Load { Space: Space.Param } load => LoadParameter(instruction, load),
            Load load => Translate(instruction, load),
            Store store => Translate(instruction, store),
            _ => Translate(instruction, (Atomic)operation),
        };
    }

    private string IndexedBranch(Instruction instruction)
    {
        var name = (instruction.Operands[1] as Name)?.Text ?? "";
        if (!_targets.TryGetValue(name, out var targets))
        {
            throw new PtxException(instruction.Line, $"{name} names no targets");
        }

        var cases = targets.Targets.Select((target, i) => $"case {i}: goto {LabelOf(instruction, new Name(target))};");
        var index = _registers.Read(instruction.Line, instruction.Operands[0], PtxType.U32, mayBeWider: false);
        return $"switch ({index}) {{ {string.Join(' ', cases)} default: standin_fault(t, 719, {instruction.Line}, \"a branch beyond its targets\"); }}";
    }

    private string LabelOf(Instruction instruction, Operand operand) =>
        operand is Name { Text: var name } && _labels.TryGetValue(name, out var label)
            ? $"L{label}"
            : throw new PtxException(instruction.Line, $"{operand} is no label");

    private string Translate(Instruction instruction, Formula formula)
    {
        var (line, operands) = (instruction.Line, instruction.Operands);
        _synchronizes |= formula.Waits;
        var written = formula.Result is null ? 0 : 1;
        Expect(instruction, written + formula.Operands.Count);
        var expression = Fill(instruction, formula.Expression, formula.Operands, written, formula.MayWiden);
        return formula.Result is { } type ? _registers.Write(line, operands[0], type, expression, formula.MayWiden) : $"{expression};";
    }

    /// <summary>An expression with the operands, from the first on, in the places of a, b, c, d, and the line in that of $L.</summary>
    /// <remarks>Not as variables of a block: GCC's time for a block grows with all the branches of the function.</remarks>
    private string Fill(Instruction instruction, string expression, IReadOnlyList<PtxType> types, int first, bool mayBeWider)
    {
        var values = types.Select((type, i) => $"({_registers.Read(instruction.Line, instruction.Operands[first + i], type, mayBeWider)})").ToList();
        return Places().Replace(expression, place => place.Value == "$L" ? instruction.Line.ToString(CultureInfo.InvariantCulture) : values[place.Value[0] - 'a']);
    }

    [GeneratedRegex(@"\b[abcd]\b|\$L")]
    private static partial Regex Places();

    private static void Expect(Instruction instruction, int count)
    {
        if (instruction.Operands.Count != count)
        {
            throw new PtxException(instruction.Line, $"{instruction.Opcode} takes {count} operands, not {instruction.Operands.Count}");
        }
    }
}
